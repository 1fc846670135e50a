"""Requests for mails. The answer is the same for every address, so that it does not show who has an account."""

from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from shared.kernel.errors import BadRequest, InvalidRequest
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal
from shared.tenancy.transactions import accounts_tx

from . import letters, queries
from .credentials import check_metadata, email_address
from .equal_time import in_equal_time
from .mail import outbox
from .mail.templates import MailKind
from .models import EMAIL_PROVIDER, Addressee, Landing, User, Visitor
from .proofs.tokens import Slot
from .sessions import record, signed_in


class EmailNotConfirmed(BadRequest):
    code = "email_not_confirmed"
    default_message = "the e-mail address is not confirmed yet: open the mailed link, or ask an administrator"


async def recover(visitor: Visitor, *, email: str, landing: Landing) -> None:
    """Mail a sign-in link to a person who has forgotten the password.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    async with in_equal_time(), accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, requester=visitor.address, kind=Slot.RECOVERY, address=address)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is not None:
            record(tx, visitor, action="user_recovery_requested", user_id=addressee.id)
            letters.send(tx, visitor, addressee, MailKind.RECOVERY, landing)


async def send_otp(visitor: Visitor, *, email: str, creates: bool, data: dict[str, Any], landing: Landing) -> None:
    """Mail a code and a link for signing in; with `creates`, an unknown address gets a new account too.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, MetadataTooLarge, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    check_metadata(EMAIL_PROVIDER, data)
    async with in_equal_time(), accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, requester=visitor.address, kind=Slot.RECOVERY, address=address)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is None and creates and settings().signup_enabled:
            addressee = await add_account(
                tx, address=address, data=data, is_confirmed=settings().confirms_by_itself, is_claimed=True
            )
            record(tx, visitor, action="user_signedup", user_id=addressee.id)
        if addressee is not None:
            record(tx, visitor, action="user_recovery_requested", user_id=addressee.id)
            letters.send(tx, visitor, replace(addressee, data=data), MailKind.MAGICLINK, landing)


async def resend_confirmation(
    visitor: Visitor,
    *,
    email: str,
    landing: Landing,
    kind: MailKind = MailKind.SIGNUP,
    data: dict[str, Any] | None = None,
) -> None:
    """Mail the confirmation of a sign-up again, if it is not confirmed yet.

    Another `kind` leaves the waiting confirmation as it is. `data` is the metadata of the person in the request.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    async with in_equal_time(), accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, requester=visitor.address, kind=Slot.CONFIRMATION, address=address)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is not None and not addressee.is_confirmed:
            record(tx, visitor, action="user_confirmation_requested", user_id=addressee.id)
            letters.send(tx, visitor, replace(addressee, data=data), kind, landing)


async def resend_email_change(visitor: Visitor, *, email: str, landing: Landing) -> None:
    """Mail the confirmations of a change of address again; `email` is the present address.

    Raises:
        OtpDisabled, OverEmailSendRateLimit, InvalidRequest.
    """
    letters.check_possible()
    address = email_address(email)
    async with in_equal_time(), accounts_tx(request_id=visitor.request_id) as tx:
        await outbox.reserve(tx, requester=visitor.address, kind="email_change", address=address)
        addressee = await queries.find_addressee(tx, email=address)
        if addressee is not None and addressee.new_email:
            is_taken = await queries.find_addressee(tx, email=addressee.new_email) is not None
            await ask_for_new_email(tx, visitor, addressee, landing, is_taken=is_taken)


async def reauthenticate(visitor: Visitor, principal: Principal) -> None:
    """Mail the code that is needed to set a new password.

    Raises:
        SessionNotFound, AccountMissing, UserBanned.
        OtpDisabled, OverEmailSendRateLimit, InvalidRequest, EmailNotConfirmed.
    """
    letters.check_possible()
    async with accounts_tx(request_id=visitor.request_id) as tx:
        user = (await signed_in(tx, principal)).user
        if not user.email:
            raise InvalidRequest("reauthentication needs an account with an e-mail address")
        if user.email_confirmed_at is None:
            raise EmailNotConfirmed
        await outbox.reserve(tx, requester=visitor.address, kind=Slot.REAUTHENTICATION, address=user.email)
        record(tx, visitor, action="user_reauthenticate_requested", user_id=user.id)
        letters.send(tx, visitor, addressee_of(user), MailKind.REAUTHENTICATION, Landing(""))


async def ask_for_new_email(
    tx: Tx, visitor: Visitor, addressee: Addressee, landing: Landing, *, is_taken: bool = False
) -> None:
    """Ask both addresses to confirm the change, or only the new one, if the settings say so or there is no other.

    `is_taken`: another account has the new address. Neither the requester nor its owner learns that.
    """
    await queries.update_new_email(tx, user_id=addressee.id, email=addressee.new_email)
    if not is_taken:
        letters.send(tx, visitor, addressee, MailKind.EMAIL_CHANGE_NEW, landing)
    if addressee.email and settings().email_change_confirmed_twice:
        letters.send(tx, visitor, addressee, MailKind.EMAIL_CHANGE_CURRENT, landing)


async def add_account(
    tx: Tx, *, address: str, data: dict[str, Any], is_confirmed: bool, is_claimed: bool = False
) -> Addressee:
    """Add an account without a password; `is_claimed` if the person asked for it, and not the service."""
    user_id = uuid4()
    await queries.insert_user(
        tx,
        user_id=user_id,
        email=address,
        encrypted_password=None,
        confirmed="by_host" if is_confirmed else "no",
        metadata=queries.Metadata(EMAIL_PROVIDER, data, is_claimed),
    )
    await queries.upsert_email_identity(tx, user_id=user_id)
    return Addressee(id=user_id, email=address, new_email="", user_metadata=data, is_confirmed=is_confirmed)


def addressee_of(user: User, *, new_email: str = "") -> Addressee:
    return Addressee(
        id=user.id,
        email=user.email,
        new_email=new_email,
        user_metadata=user.user_metadata,
        is_confirmed=user.email_confirmed_at is not None,
    )
