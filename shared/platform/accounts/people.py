"""Actions of people on their own accounts: sign up, sign in, read, change."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

from shared.auth.passwords import MAX_BYTES, verify_secret
from shared.kernel.clock import utc_now
from shared.kernel.errors import BadRequest, Refusal
from shared.kernel.limit_keys import network_of
from shared.quotas import attempts
from shared.runtime.postgres.errors import AlreadyExists
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal
from shared.tenancy.transactions import accounts_tx

from . import letters, mail_requests, queries
from .credentials import check_metadata, email_address, hash_password, spelling
from .equal_time import in_equal_time
from .mail import outbox
from .mail.templates import MailKind
from .mail_requests import EmailNotConfirmed, addressee_of, ask_for_new_email
from .models import EMAIL_PROVIDER, Account, Identity, Landing, Session, User, Visitor
from .proofs import queries as proof_queries
from .proofs import tokens
from .proofs.tokens import Slot
from .sessions import AccountMissing, UserBannedAtEntry, open_session, record, signed_in


class SignupDisabled(Refusal):
    status = 422
    code = "signup_disabled"
    default_message = "this host does not accept sign-ups: ask an administrator for an account"


class UserAlreadyExists(Refusal):
    status = 422
    code = "user_already_exists"
    default_message = "there is an account with this e-mail address: sign in instead"


class EmailExists(Refusal):
    """Another account has the address that an account is to get."""

    status = 422
    code = "email_exists"
    default_message = "another account has this e-mail address"


class InvalidCredentials(BadRequest):
    """An unknown address or a wrong password, without a difference."""

    code = "invalid_credentials"
    default_message = "the e-mail address or the password is wrong"


class AnonymousProviderDisabled(Refusal):
    status = 422
    code = "anonymous_provider_disabled"
    default_message = "anonymous sign-ins are switched off: send email and password"


class ReauthenticationNeeded(BadRequest):
    code = "reauthentication_needed"
    default_message = "request a code with reauthenticate, and send it as nonce"


class ReauthenticationNotValid(Refusal):
    status = 422
    code = "reauthentication_not_valid"
    default_message = "the nonce has expired or is invalid"


class SamePassword(Refusal):
    status = 422
    code = "same_password"
    default_message = "the new password is the old one"


class OwnChanges(NamedTuple):
    """New values of one's own account; None leaves a value as it is."""

    email: str | None = None
    password: str | None = None
    data: dict[str, Any] | None = None
    nonce: str | None = None
    """The code that `reauthenticate` mailed."""


async def sign_up(
    visitor: Visitor, *, email: str, password: str, data: dict[str, Any], landing: Landing
) -> Session | User:
    """Create an account and sign in; if addresses must be confirmed, return only the account, and mail it a link.

    Raises:
        SignupDisabled, WeakPassword, MetadataTooLarge, InvalidRequest, OverEmailSendRateLimit.
        UserAlreadyExists: only if addresses need no confirmation; else nobody learns who has an account.
    """
    if not settings().signup_enabled:
        raise SignupDisabled
    address, autoconfirm = email_address(email), settings().confirms_by_itself
    check_metadata(EMAIL_PROVIDER, data)
    encrypted_password = await hash_password(password, share=_share(visitor))
    if autoconfirm:
        result = await _add_and_confirm(visitor, address, encrypted_password, data, landing)
        if result is None:
            raise UserAlreadyExists
        return result
    async with in_equal_time():
        is_repeated = await _is_repeated(visitor, address, password)
        result = await _add_and_confirm(visitor, address, encrypted_password, data, landing)
        if result is not None:
            return result
        if not is_repeated:
            async with accounts_tx(request_id=visitor.request_id) as tx:
                await queries.update_password_contested(tx, email=address)
        if letters.is_possible():
            # A sign-up by somebody else gets a mail of another kind, which leaves the waiting confirmation valid.
            kind = MailKind.SIGNUP if is_repeated else MailKind.MAGICLINK
            await mail_requests.resend_confirmation(visitor, email=address, landing=landing, kind=kind, data=data)
        return _look_alike(address, data)


async def _is_repeated(visitor: Visitor, address: str, password: str) -> bool:
    """Return whether an unproven account has that password; the check takes the same time for every address."""
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        stored = await queries.find_password(tx, email=address, network="")
    unproven = stored.encrypted_password if stored and not stored.is_proven and not stored.is_confirmed else None
    return await verify_secret(password, unproven, share=_share(visitor))


async def _add_and_confirm(
    visitor: Visitor, address: str, encrypted_password: str, data: dict[str, Any], landing: Landing
) -> Session | User | None:
    """Add the account, and sign in or mail the confirmation; return None if an account has that address."""
    autoconfirm = settings().confirms_by_itself
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            user_id = await _add(tx, address, encrypted_password, data, is_confirmed=autoconfirm)
            record(tx, visitor, action="user_signedup", user_id=user_id)
            if autoconfirm:
                await queries.update_signed_in(tx, user_id=user_id, encrypted_password=encrypted_password)
                return await open_session(tx, visitor, user_id=user_id, method="password")
            if letters.is_possible():
                await outbox.reserve(tx, requester=visitor.address, kind=Slot.CONFIRMATION, address=address)
                letters.send(tx, visitor, addressee_of(await _user(tx, user_id)), MailKind.SIGNUP, landing)
            return await _user(tx, user_id)
    except AlreadyExists:
        return None


async def sign_in_anonymously(visitor: Visitor, *, data: dict[str, Any]) -> Session:
    """Create an account without an identity, and sign in.

    Raises:
        AnonymousProviderDisabled, SignupDisabled, MetadataTooLarge.
    """
    if not settings().anonymous_enabled:
        raise AnonymousProviderDisabled
    if not settings().signup_enabled:
        raise SignupDisabled
    check_metadata(data)
    user_id = uuid4()
    async with accounts_tx(request_id=visitor.request_id) as tx:
        await queries.insert_anonymous_user(tx, user_id=user_id, metadata=data)
        record(tx, visitor, action="login", user_id=user_id)
        return await open_session(tx, visitor, user_id=user_id, method="anonymous")


async def sign_in(visitor: Visitor, *, email: str, password: str) -> Session:
    """Open a session by password.

    Raises:
        InvalidCredentials: after the same time for an unknown address and for a wrong password.
        UserBannedAtEntry, EmailNotConfirmed: only if the password is right.
        RateExceeded: after failures from this network, or from all networks that are new to the account.
    """
    address = spelling(email).replace("\0", "")
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        stored = await queries.find_password(tx, email=address, network=network_of(visitor.address))
    is_familiar = stored is not None and stored.is_familiar
    counted = await attempts.begin(address, address=visitor.address, is_familiar=is_familiar)
    is_readable = len(password.encode()) <= MAX_BYTES
    matches = await verify_secret(
        password if is_readable else "",
        stored.encrypted_password if stored and is_readable else None,
        share=_share(visitor),
    )
    if stored is None or not matches:
        raise InvalidCredentials
    await attempts.forgive(counted)
    if stored.is_banned:
        raise UserBannedAtEntry
    if not stored.is_confirmed:
        raise EmailNotConfirmed
    async with accounts_tx(request_id=visitor.request_id) as tx:
        is_current = await queries.update_signed_in(
            tx, user_id=stored.user_id, encrypted_password=stored.encrypted_password
        )
        if not is_current:
            raise InvalidCredentials
        record(tx, visitor, action="login", user_id=stored.user_id)
        return await open_session(tx, visitor, user_id=stored.user_id, method="password")


async def get_user(visitor: Visitor, principal: Principal) -> User:
    """Return the signed-in person's account.

    Raises:
        SessionNotFound, AccountMissing, UserBanned.
    """
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        return (await signed_in(tx, principal)).user


async def update_user(visitor: Visitor, principal: Principal, changes: OwnChanges, *, landing: Landing) -> User:
    """Change the account; a new password ends its other sessions, a new address needs confirmation by mail.

    Raises:
        SessionNotFound, AccountMissing, UserBanned, OtpDisabled, OverEmailSendRateLimit.
        SamePassword, WeakPassword, MetadataTooLarge, InvalidRequest.
        EmailExists: only for anonymous users, if the host confirms addresses by itself.
        ReauthenticationNeeded, ReauthenticationNotValid: if a new password needs a nonce.
    """
    if not changes.email:
        return await _update(visitor, principal, changes, landing)
    async with in_equal_time():
        return await _update(visitor, principal, changes, landing)


async def _update(visitor: Visitor, principal: Principal, changes: OwnChanges, landing: Landing) -> User:
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        account = await signed_in(tx, principal)
    address = email_address(changes.email) if changes.email else account.user.email
    hashed = await _other_password(changes.password, account) if changes.password is not None else None
    user_id = account.user.id
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            account = await signed_in(tx, principal)
            if hashed is not None:
                await _check_nonce(tx, account, changes.nonce)
                await queries.delete_sessions(tx, user_id=user_id, but=principal.session_id)
                await proof_queries.delete_tokens(tx, user_id=user_id)
            await queries.update_user(tx, user_id=user_id, encrypted_password=hashed, metadata=(None, changes.data))
            if address != account.user.email:
                await _move(tx, visitor, account.user, address, landing)
            record(tx, visitor, action="user_modified", user_id=user_id)
            return await _user(tx, user_id)
    except AlreadyExists as conflict:
        raise EmailExists from conflict


def _share(visitor: Visitor) -> str:
    """Return the name of the visitor's share of the hashing threads."""
    return f"address:{network_of(visitor.address)}"


async def _add(tx: Tx, address: str, encrypted_password: str, data: dict[str, Any], *, is_confirmed: bool) -> UUID:
    user_id = uuid4()
    await queries.insert_user(
        tx,
        user_id=user_id,
        email=address,
        encrypted_password=encrypted_password,
        confirmed="by_host" if is_confirmed else "no",
        metadata=queries.Metadata(EMAIL_PROVIDER, data, is_claimed=True),
    )
    await queries.upsert_email_identity(tx, user_id=user_id)
    return user_id


async def _move(tx: Tx, visitor: Visitor, user: User, address: str, landing: Landing) -> None:
    """Begin the change to another address; an anonymous user signs up by it, under the same rules as any sign-up."""
    if user.is_anonymous and settings().confirms_by_itself:
        await queries.update_new_email(tx, user_id=user.id, email=address)
        await queries.update_email_changed(tx, user_id=user.id, is_proven=False)
        await queries.upsert_email_identity(tx, user_id=user.id)
        return
    letters.check_possible()
    await outbox.reserve(
        tx, requester=visitor.address, kind="email_change", address=user.email or str(user.id), recipient=address
    )
    is_taken = await queries.find_addressee(tx, email=address) is not None
    await ask_for_new_email(tx, visitor, addressee_of(user, new_email=address), landing, is_taken=is_taken)


async def _check_nonce(tx: Tx, account: Account, nonce: str | None) -> None:
    if not settings().password_needs_nonce or account.has_fresh_session:
        return
    if not nonce:
        raise ReauthenticationNeeded
    spent = await tokens.spend_code(
        tx, address=account.user.email, otp=nonce, slots=[Slot.REAUTHENTICATION], user_id=account.user.id
    )
    if spent is None:
        raise ReauthenticationNotValid


async def _other_password(password: str, account: Account) -> str:
    share = f"account:{account.user.id}"
    encrypted_password = await hash_password(password, share=share)
    if account.encrypted_password and await verify_secret(password, account.encrypted_password, share=share):
        raise SamePassword
    return encrypted_password


async def _user(tx: Tx, user_id: UUID) -> User:
    """Return the present account, after a check that its metadata fit into a token."""
    account = await queries.find_account(tx, user_id=user_id)
    if account is None:
        raise AccountMissing
    check_metadata(account.user.app_metadata, account.user.user_metadata)
    return account.user


def _look_alike(address: str, data: dict[str, Any]) -> User:
    """Return the image of a new, unconfirmed account, which is stored nowhere."""
    user_id, now = uuid4(), utc_now()
    identity_data = {"sub": str(user_id), "email": address, "email_verified": False, "phone_verified": False}
    identity = Identity(
        identity_id=uuid4(),
        id=str(user_id),
        user_id=user_id,
        identity_data=identity_data,
        provider="email",
        email=address,
        last_sign_in_at=None,
        created_at=now,
        updated_at=now,
    )
    return User(
        id=user_id,
        aud="authenticated",
        role="authenticated",
        email=address,
        phone="",
        app_metadata=EMAIL_PROVIDER,
        user_metadata=data,
        identities=[identity],
        created_at=now,
        updated_at=now,
        is_anonymous=False,
        confirmation_sent_at=now if letters.is_possible() else None,
    )
