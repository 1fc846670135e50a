"""The verification of mailed codes and links: each works once, confirms an address and gives a session or a code."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.kernel.errors import Forbidden
from shared.runtime.postgres.errors import AlreadyExists
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx

from . import queries
from .credentials import email_address
from .mail.templates import MailKind
from .models import Session, Visitor
from .people import EmailExists
from .proofs import flows, tokens
from .proofs import queries as proof_queries
from .proofs.queries import Spent
from .proofs.tokens import Slot
from .sessions import UserBanned, open_session, record

METHOD = "otp"
"""The sign-in method that the session names."""
_BOTH = 2


class OtpExpired(Forbidden):
    """An unknown, spent or expired code or link."""

    code = "otp_expired"
    default_message = "the code or link is invalid or has expired: request a new one"


class VerificationType(StrEnum):
    """`email` is a code of a sign-up or of a sign-in."""

    SIGNUP = "signup"
    INVITE = "invite"
    MAGICLINK = "magiclink"
    RECOVERY = "recovery"
    EMAIL_CHANGE = "email_change"
    EMAIL = "email"


_SLOTS: dict[VerificationType, tuple[Slot, ...]] = {
    VerificationType.SIGNUP: (Slot.CONFIRMATION,),
    VerificationType.INVITE: (Slot.CONFIRMATION,),
    VerificationType.MAGICLINK: (Slot.RECOVERY,),
    VerificationType.RECOVERY: (Slot.RECOVERY,),
    VerificationType.EMAIL_CHANGE: (Slot.EMAIL_CHANGE_NEW, Slot.EMAIL_CHANGE_CURRENT),
    VerificationType.EMAIL: (Slot.CONFIRMATION, Slot.RECOVERY),
}


class Verified(NamedTuple):
    """A session, or the code of a flow; neither, if the other address must still confirm a change."""

    session: Session | None = None
    auth_code: str | None = None


async def verify_code(visitor: Visitor, *, kind: VerificationType, email: str, otp: str) -> Verified:
    """Verify a typed code and the address that it was sent to.

    Raises:
        OtpExpired, UserBanned, EmailExists, InvalidRequest.
    """
    address = email_address(email)
    return await _verify(
        visitor, lambda tx: tokens.spend_code(tx, address=address, otp=otp, slots=_SLOTS[kind]), ends_flow=False
    )


async def verify_token(visitor: Visitor, *, kind: VerificationType, token: str, ends_flow: bool) -> Verified:
    """Verify a link's token; with `ends_flow`, the link of a flow gives a code and not a session.

    Raises:
        OtpExpired, UserBanned, EmailExists.
    """
    return await _verify(visitor, lambda tx: tokens.spend(tx, token, slots=_SLOTS[kind]), ends_flow=ends_flow)


async def _verify(visitor: Visitor, spend: Callable[[Tx], Awaitable[Spent | None]], *, ends_flow: bool) -> Verified:
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            spent = await spend(tx)
            if spent is None:
                raise OtpExpired
            if spent.is_banned:
                raise UserBanned
            return await _complete(tx, visitor, spent, ends_flow=ends_flow)
    except AlreadyExists as conflict:
        raise EmailExists from conflict


async def _complete(tx: Tx, visitor: Visitor, spent: Spent, *, ends_flow: bool) -> Verified:
    if spent.token_type in (Slot.EMAIL_CHANGE_NEW, Slot.EMAIL_CHANGE_CURRENT):
        if not await _confirm_change(tx, visitor, spent):
            return Verified()
    else:
        await _confirm(tx, visitor, spent)
    if ends_flow and spent.flow_state_id is not None:
        return Verified(auth_code=await flows.issue_code(tx, flow_state_id=spent.flow_state_id))
    return Verified(await open_session(tx, visitor, user_id=spent.user_id, method=METHOD))


async def _confirm(tx: Tx, visitor: Visitor, spent: Spent) -> None:
    # Somebody else may have signed up with this address and set the password; only the sign-up's own mail confirms it.
    drops_password = not spent.is_proven and spent.sent_for != MailKind.SIGNUP
    await queries.update_confirmed(
        tx, user_id=spent.user_id, drops_password=drops_password, user_metadata=spent.user_metadata
    )
    await queries.upsert_email_identity(tx, user_id=spent.user_id)
    if not spent.is_proven:
        await proof_queries.delete_tokens(tx, user_id=spent.user_id)
        await _end_earlier_access(tx, spent.user_id)
    record(tx, visitor, action="login" if spent.is_proven else "user_signedup", user_id=spent.user_id)


async def _end_earlier_access(tx: Tx, user_id: UUID) -> None:
    """End all sessions from before the first proof of the address; they may not be its owner's."""
    await queries.delete_sessions(tx, user_id=user_id)
    await queries.delete_familiar_networks(tx, user_id=user_id)


async def _confirm_change(tx: Tx, visitor: Visitor, spent: Spent) -> bool:
    """Change the address; return False if the other address must still confirm.

    Raises:
        OtpExpired: no change waits any more.
        AlreadyExists: another account has the address meanwhile.
    """
    user_id = spent.user_id
    confirmations = await queries.update_confirmations(tx, user_id=user_id)
    if confirmations is None:
        raise OtpExpired
    count, has_address = confirmations
    if has_address and settings().email_change_confirmed_twice and count < _BOTH:
        return False
    await queries.update_email_changed(tx, user_id=user_id, is_proven=True)
    await queries.upsert_email_identity(tx, user_id=user_id)
    await proof_queries.delete_tokens(tx, user_id=user_id)
    if not spent.is_proven:
        await _end_earlier_access(tx, user_id)
    record(tx, visitor, action="user_modified", user_id=user_id)
    return True
