"""What the service sends for somebody: an invitation, or any link to be mailed by other means."""

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
from .letters import Drawn
from .mail import outbox
from .mail.templates import Kind
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


class Wanted(msgspec.Struct, frozen=True):
    """A link to make; `password` and `data` are for a new account, `new_email` for a change of address."""

    type: LinkType
    email: str
    new_email: str | None = None
    password: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


_MAKES_ACCOUNTS = (LinkType.SIGNUP, LinkType.INVITE, LinkType.MAGICLINK)
_CHANGES = (LinkType.EMAIL_CHANGE_CURRENT, LinkType.EMAIL_CHANGE_NEW)


async def invite(visitor: Visitor, *, email: str, data: dict[str, Any], landing: Landing) -> User:
    """An account for somebody who opens the mailed link to take it; one that nobody took yet is mailed again.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, EmailExists, MetadataTooLarge, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    check_metadata(EMAIL_PROVIDER, data)
    async with accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, kind=Kind.INVITE, address=address, requester=None)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is None:
            addressee = await add_account(tx, address=address, data=data, is_confirmed=False)
        elif addressee.is_confirmed:
            raise EmailExists
        record(tx, visitor, action="user_invited", user_id=addressee.id)
        letters.send(tx, visitor, msgspec.structs.replace(addressee, data=data), Kind.INVITE, landing)
        return await _user(tx, addressee)


async def generate_link(visitor: Visitor, wanted: Wanted, *, landing: Landing) -> GeneratedLink:
    """The link and the code that a mail would have carried; none is sent.

    Raises:
        UserNotFound, EmailExists, WeakPassword, MetadataTooLarge, InvalidRequest.
    """
    address = email_address(wanted.email)
    check_metadata(EMAIL_PROVIDER, wanted.data)
    hashed = await hash_password(wanted.password) if wanted.password else None
    async with accounts_tx(request_id=visitor.request_id) as tx:
        addressee, made = await _found_or_made(tx, wanted, address)
        kind = Kind.SIGNUP if made and wanted.type is LinkType.MAGICLINK else Kind(wanted.type)
        if hashed is not None and (made or (wanted.type is LinkType.SIGNUP and not addressee.is_confirmed)):
            await queries.update_user(tx, user_id=addressee.id, encrypted_password=hashed)
        if wanted.type in _CHANGES:
            addressee = await _with_new_email(tx, wanted, addressee)
        drawn = letters.draw(tx, msgspec.structs.replace(addressee, data=wanted.data), kind, landing)
        record(tx, visitor, action="user_recovery_requested", user_id=addressee.id)
        return _told(await _user(tx, addressee), kind, drawn, landing)


async def _found_or_made(tx: Tx, wanted: Wanted, address: str) -> tuple[Addressee, bool]:
    addressee = await queries.find_addressee(tx, email=address)
    if addressee is None:
        if wanted.type not in _MAKES_ACCOUNTS:
            raise UserNotFound("there is no user with that e-mail address")
        if wanted.type is LinkType.SIGNUP and not wanted.password:
            raise InvalidRequest("a sign-up link for a new account needs a password")
        return await add_account(tx, address=address, data=wanted.data, is_confirmed=False), True
    if wanted.type in (LinkType.SIGNUP, LinkType.INVITE) and addressee.is_confirmed:
        raise EmailExists
    return addressee, False


async def _with_new_email(tx: Tx, wanted: Wanted, addressee: Addressee) -> Addressee:
    if wanted.type is LinkType.EMAIL_CHANGE_CURRENT and not settings().email_change_confirmed_twice:
        raise InvalidRequest("the address that is left is not asked on this host: make a link for the new one")
    if not wanted.new_email:
        raise InvalidRequest("new_email is missing")
    new_email = email_address(wanted.new_email)
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


def _told(user: User, kind: Kind, drawn: Drawn, landing: Landing) -> GeneratedLink:
    return GeneratedLink(
        **msgspec.structs.asdict(user),
        action_link=drawn.link,
        email_otp=drawn.code.otp,
        hashed_token=drawn.code.token,
        verification_type=kind.value,
        redirect_to=landing.redirect_to,
    )
