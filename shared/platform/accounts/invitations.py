"""Invitations by the service, and links that the service mails by other means."""

from enum import StrEnum
from typing import Any

import msgspec

from shared.kernel.errors import InvalidRequest
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx

from . import letters, queries
from .admin import UserNotFound
from .credentials import check_metadata, email_address, hash_password
from .letters import Proof
from .mail import outbox
from .mail.templates import MailKind
from .mail_requests import add_account
from .models import EMAIL_PROVIDER, Addressee, GeneratedLink, Landing, User, Visitor
from .people import EmailExists
from .sessions import record


class LinkType(StrEnum):
    SIGNUP = "signup"
    INVITE = "invite"
    MAGICLINK = "magiclink"
    RECOVERY = "recovery"
    EMAIL_CHANGE_CURRENT = "email_change_current"
    EMAIL_CHANGE_NEW = "email_change_new"


class LinkRequest(msgspec.Struct, frozen=True):
    """A requested link; `password` and `data` are for a new account, `new_email` for a change of address."""

    type: LinkType
    email: str
    new_email: str | None = None
    password: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


_MAKES_ACCOUNTS = (LinkType.SIGNUP, LinkType.INVITE, LinkType.MAGICLINK)
_CHANGES = (LinkType.EMAIL_CHANGE_CURRENT, LinkType.EMAIL_CHANGE_NEW)


async def invite(visitor: Visitor, *, email: str, data: dict[str, Any], landing: Landing) -> User:
    """Create an account and mail a link to accept it; an account that nobody has accepted yet is mailed again.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, EmailExists, MetadataTooLarge, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    check_metadata(EMAIL_PROVIDER, data)
    async with accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, kind=MailKind.INVITE, address=address, requester=None)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is None:
            addressee = await add_account(tx, address=address, data=data, is_confirmed=False)
        elif addressee.is_confirmed:
            raise EmailExists
        record(tx, visitor, action="user_invited", user_id=addressee.id)
        letters.send(tx, visitor, msgspec.structs.replace(addressee, data=data), MailKind.INVITE, landing)
        return await _user(tx, addressee)


async def generate_link(visitor: Visitor, request: LinkRequest, *, landing: Landing) -> GeneratedLink:
    """Return the link and the code of a mail, without sending it.

    Raises:
        UserNotFound, EmailExists, WeakPassword, MetadataTooLarge, InvalidRequest.
    """
    address = email_address(request.email)
    check_metadata(EMAIL_PROVIDER, request.data)
    hashed = await hash_password(request.password) if request.password else None
    async with accounts_tx(request_id=visitor.request_id) as tx:
        addressee, is_new = await _find_or_add(tx, request, address)
        kind = MailKind.SIGNUP if is_new and request.type is LinkType.MAGICLINK else MailKind(request.type)
        if hashed is not None and (is_new or (request.type is LinkType.SIGNUP and not addressee.is_confirmed)):
            await queries.update_user(tx, user_id=addressee.id, encrypted_password=hashed)
        if request.type in _CHANGES:
            addressee = await _with_new_email(tx, request, addressee)
        proof = letters.issue(tx, msgspec.structs.replace(addressee, data=request.data), kind, landing)
        record(tx, visitor, action="user_recovery_requested", user_id=addressee.id)
        return _link_of(await _user(tx, addressee), kind, proof, landing)


async def _find_or_add(tx: Tx, request: LinkRequest, address: str) -> tuple[Addressee, bool]:
    addressee = await queries.find_addressee(tx, email=address)
    if addressee is None:
        if request.type not in _MAKES_ACCOUNTS:
            raise UserNotFound("there is no user with that e-mail address")
        if request.type is LinkType.SIGNUP and not request.password:
            raise InvalidRequest("a sign-up link for a new account needs a password")
        return await add_account(tx, address=address, data=request.data, is_confirmed=False), True
    if request.type in (LinkType.SIGNUP, LinkType.INVITE) and addressee.is_confirmed:
        raise EmailExists
    return addressee, False


async def _with_new_email(tx: Tx, request: LinkRequest, addressee: Addressee) -> Addressee:
    if request.type is LinkType.EMAIL_CHANGE_CURRENT and not settings().email_change_confirmed_twice:
        raise InvalidRequest("this host does not ask the old address: create a link for the new one")
    if not request.new_email:
        raise InvalidRequest("new_email is missing")
    new_email = email_address(request.new_email)
    if await queries.find_addressee(tx, email=new_email) is not None:
        raise EmailExists
    if new_email != addressee.new_email:
        await queries.update_new_email(tx, user_id=addressee.id, email=new_email)
    return msgspec.structs.replace(addressee, new_email=new_email)


async def _user(tx: Tx, addressee: Addressee) -> User:
    account = await queries.find_account(tx, user_id=addressee.id)
    if account is None:
        raise UserNotFound
    return account.user


def _link_of(user: User, kind: MailKind, proof: Proof, landing: Landing) -> GeneratedLink:
    return GeneratedLink(
        **msgspec.structs.asdict(user),
        action_link=proof.link,
        email_otp=proof.code.otp,
        hashed_token=proof.code.token,
        verification_type=kind.value,
        redirect_to=landing.redirect_to,
    )
