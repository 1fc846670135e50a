"""What people ask for by mail. Nobody learns from an answer who has an account: it is the same for every address."""

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
from .mail.templates import Kind
from .models import EMAIL_PROVIDER, Addressee, Landing, User, Visitor
from .proofs.tokens import Slot
from .sessions import record, signed_in


class EmailNotConfirmed(BadRequest):
    code = "email_not_confirmed"
    default_message = "the e-mail address is not confirmed yet: open the link that was mailed, or ask an administrator"


async def recover(visitor: Visitor, *, email: str, landing: Landing) -> None:
    """Mail a way in to who has forgotten the password.

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
            letters.send(tx, visitor, addressee, Kind.RECOVERY, landing)


async def send_otp(visitor: Visitor, *, email: str, creates: bool, data: dict[str, Any], landing: Landing) -> None:
    """Mail a code and a link to sign in with; with `creates`, to somebody new too, who gets an account of that.

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
            letters.send(tx, visitor, replace(addressee, data=data), Kind.MAGICLINK, landing)


async def resend_confirmation(
    visitor: Visitor, *, email: str, landing: Landing, kind: Kind = Kind.SIGNUP, data: dict[str, Any] | None = None
) -> None:
    """Mail the confirmation of a sign-up again, to who has not confirmed it yet.

    Another kind leaves the confirmation that waits as it is. `data` is what the request says of the person.

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
    """Mail the confirmations of a change of address again; `email` is the address that it shall change from.

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
    """Mail a code that a new password asks for.

    Raises:
        SessionNotFound, AccountGone, UserBanned.
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
        letters.send(tx, visitor, addressee_of(user), Kind.REAUTHENTICATION, Landing(""))


async def ask_for_new_email(
    tx: Tx, visitor: Visitor, addressee: Addressee, landing: Landing, *, is_taken: bool = False
) -> None:
    """Both addresses are asked, or the new one alone where the host says so or there is no other.

    `is_taken`: another account has the new one. Who asks is not told, and its owner is not troubled.
    """
    await queries.update_new_email(tx, user_id=addressee.id, email=addressee.new_email)
    if not is_taken:
        letters.send(tx, visitor, addressee, Kind.EMAIL_CHANGE_NEW, landing)
    if addressee.email and settings().email_change_confirmed_twice:
        letters.send(tx, visitor, addressee, Kind.EMAIL_CHANGE_CURRENT, landing)


async def add_account(
    tx: Tx, *, address: str, data: dict[str, Any], is_confirmed: bool, is_claimed: bool = False
) -> Addressee:
    """One without a password; claimed by whoever asks for it, or made by the service."""
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
