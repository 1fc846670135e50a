"""What people do with their own account: sign up, sign in, look at it, change it."""

from typing import Any
from uuid import UUID, uuid4

from shared.auth.passwords import MAX_BYTES, verify_secret
from shared.kernel.clock import utc_now
from shared.kernel.errors import BadRequest, Refusal
from shared.runtime.db import AlreadyExists, Tx
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal
from shared.tenancy.transactions import accounts_tx

from . import queries
from .credentials import check_metadata, email_address, hash_password
from .models import Identity, Session, User, Visitor
from .sessions import AccountGone, UserBannedAtEntry, open_session, record, signed_in

EMAIL_PROVIDER = {"provider": "email", "providers": ["email"]}


class SignupDisabled(Refusal):
    status = 422
    code = "signup_disabled"
    default_message = "this host takes no sign-ups: ask an administrator for an account"


class UserAlreadyExists(Refusal):
    status = 422
    code = "user_already_exists"
    default_message = "there is an account with this e-mail address: sign in instead"


class EmailExists(Refusal):
    """When an account is made or changed for somebody who is known already."""

    status = 422
    code = "email_exists"
    default_message = "another account has this e-mail address"


class InvalidCredentials(BadRequest):
    """Unknown address and wrong password alike."""

    code = "invalid_credentials"
    default_message = "the e-mail address or the password is wrong"


class EmailNotConfirmed(BadRequest):
    code = "email_not_confirmed"
    default_message = "the e-mail address is not confirmed yet: an administrator can confirm it"


class SamePassword(Refusal):
    status = 422
    code = "same_password"
    default_message = "the new password is the old one"


async def sign_up(visitor: Visitor, *, email: str, password: str, data: dict[str, Any]) -> Session | User:
    """A new account, signed in; where addresses must be confirmed, the account alone.

    Raises:
        SignupDisabled, WeakPassword, MetadataTooLarge, InvalidRequest.
        UserAlreadyExists: unless addresses must be confirmed: then a stranger is not told who has an account.
    """
    if not settings().signup_enabled:
        raise SignupDisabled
    address, autoconfirm = email_address(email), settings().email_autoconfirm
    check_metadata(EMAIL_PROVIDER, data)
    encrypted_password, user_id = await hash_password(password), uuid4()
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            await queries.insert_user(
                tx,
                user_id=user_id,
                email=address,
                encrypted_password=encrypted_password,
                is_confirmed=autoconfirm,
                metadata=(EMAIL_PROVIDER, data),
            )
            await queries.upsert_email_identity(tx, user_id=user_id)
            record(tx, visitor, action="user_signedup", user_id=user_id)
            if not autoconfirm:
                return await _user(tx, user_id)
            await queries.update_signed_in(tx, user_id=user_id, encrypted_password=encrypted_password)
            return await open_session(tx, visitor, user_id=user_id, method="password")
    except AlreadyExists as taken:
        if autoconfirm:
            raise UserAlreadyExists from taken
        return _look_alike(address, data)


async def sign_in(visitor: Visitor, *, email: str, password: str) -> Session:
    """A new session.

    Raises:
        InvalidCredentials: after the same time for an unknown address as for a wrong password.
        UserBannedAtEntry, EmailNotConfirmed: told only to whoever knows the password.
    """
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        stored = await queries.find_password(tx, email=email.strip().lower().replace("\0", ""))
    is_readable = len(password.encode()) <= MAX_BYTES
    matches = await verify_secret(
        password if is_readable else "", stored.encrypted_password if stored and is_readable else None
    )
    if stored is None or not matches:
        raise InvalidCredentials
    if stored.is_banned:
        raise UserBannedAtEntry
    if not stored.is_confirmed:
        raise EmailNotConfirmed
    async with accounts_tx(request_id=visitor.request_id) as tx:
        entered = await queries.update_signed_in(
            tx, user_id=stored.user_id, encrypted_password=stored.encrypted_password
        )
        if not entered:
            raise InvalidCredentials
        record(tx, visitor, action="login", user_id=stored.user_id)
        return await open_session(tx, visitor, user_id=stored.user_id, method="password")


async def get_user(visitor: Visitor, principal: Principal) -> User:
    """The signed-in person's account.

    Raises:
        SessionNotFound, AccountGone, UserBanned.
    """
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        return (await signed_in(tx, principal)).user


async def update_user(
    visitor: Visitor, principal: Principal, *, email: str | None, password: str | None, data: dict[str, Any] | None
) -> User:
    """A new password ends the user's other sessions; an address may have to be confirmed anew.

    Raises:
        SessionNotFound, AccountGone, UserBanned.
        EmailExists, SamePassword, WeakPassword, MetadataTooLarge, InvalidRequest.
    """
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        account = await signed_in(tx, principal)
    address = email_address(email) if email else None
    is_moved = address is not None and address != account.user.email
    encrypted_password = await _other_password(password, account.encrypted_password) if password is not None else None
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            await signed_in(tx, principal)
            await queries.update_user(
                tx,
                user_id=account.user.id,
                email=address,
                is_confirmed=settings().email_autoconfirm if is_moved else None,
                encrypted_password=encrypted_password,
                metadata=(None, data),
            )
            if is_moved:
                await queries.upsert_email_identity(tx, user_id=account.user.id)
            if encrypted_password is not None:
                await queries.delete_sessions(tx, user_id=account.user.id, but=principal.session_id)
            record(tx, visitor, action="user_modified", user_id=account.user.id)
            return await _user(tx, account.user.id)
    except AlreadyExists as taken:
        raise EmailExists from taken


async def _other_password(password: str, present: str | None) -> str:
    encrypted_password = await hash_password(password)
    if await verify_secret(password, present):
        raise SamePassword
    return encrypted_password


async def _user(tx: Tx, user_id: UUID) -> User:
    """The account as it now is, its metadata still fit for a token."""
    account = await queries.find_account(tx, user_id=user_id)
    if account is None:
        raise AccountGone
    check_metadata(account.user.app_metadata, account.user.user_metadata)
    return account.user


def _look_alike(address: str, data: dict[str, Any]) -> User:
    """What a new account that waits for confirmation looks like, kept nowhere."""
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
    )
