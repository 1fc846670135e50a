"""The administration of accounts by the service of the project."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from shared.kernel.errors import Conflict, NotFound
from shared.runtime.postgres.errors import AlreadyExists, InvalidReference
from shared.runtime.postgres.transaction import Tx
from shared.tenancy.transactions import accounts_tx

from . import queries
from .credentials import check_metadata, checked_hash, email_address, hash_password
from .models import EMAIL_PROVIDER, User, UserPage, Visitor
from .people import EmailExists
from .proofs import queries as proof_queries
from .sessions import record


class UserNotFound(NotFound):
    code = "user_not_found"
    default_message = "there is no user with that id"


class UserInUse(Conflict):
    code = "user_in_use"
    default_message = "an agent uses this account: it cannot be deleted"


class Changes(NamedTuple):
    """New values of an account; None leaves a value as it is."""

    email: str | None = None
    password: str | None = None
    password_hash: str | None = None
    email_confirm: bool | None = None
    app_metadata: dict[str, Any] | None = None
    user_metadata: dict[str, Any] | None = None


class Ban(NamedTuple):
    """A ban until that time; None ends a ban."""

    until: datetime | None


async def list_users(visitor: Visitor, *, page: int, per_page: int) -> UserPage:
    """Return a page of users, people and agents' accounts, the newest first; the first page is 1."""
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        users = await queries.list_users(tx, limit=per_page, offset=(page - 1) * per_page)
        return UserPage(users, await queries.count_users(tx))


async def get_user(visitor: Visitor, *, user_id: UUID) -> User:
    """Return the account.

    Raises:
        UserNotFound.
    """
    async with accounts_tx(request_id=visitor.request_id, read_only=True) as tx:
        return await _user(tx, user_id)


async def create_user(
    visitor: Visitor, *, email: str, changes: Changes, user_id: UUID | None = None, ban: Ban | None = None
) -> User:
    """Create an account, which cannot sign in without `email_confirm`, nor by password without a password.

    Raises:
        EmailExists, WeakPassword, MetadataTooLarge, InvalidRequest.
        AlreadyExists: the id is in use.
    """
    new_id, encrypted_password = user_id or uuid4(), await _hash(changes)
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            await queries.insert_user(
                tx,
                user_id=new_id,
                email=email_address(email),
                encrypted_password=encrypted_password,
                confirmed="proven" if changes.email_confirm else "no",
                metadata=queries.Metadata(
                    {**EMAIL_PROVIDER, **(changes.app_metadata or {})}, changes.user_metadata or {}
                ),
                banned_until=ban.until if ban else None,
            )
            await queries.upsert_email_identity(tx, user_id=new_id)
            record(tx, visitor, action="user_created", user_id=new_id)
            return await _user(tx, new_id)
    except AlreadyExists as conflict:
        raise _conflict(conflict) from conflict


async def update_user(visitor: Visitor, *, user_id: UUID, changes: Changes, ban: Ban | None) -> User:
    """Change the account; a new password ends every session of the user.

    Raises:
        UserNotFound, EmailExists, WeakPassword, MetadataTooLarge, InvalidRequest.
    """
    encrypted_password = await _hash(changes)
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            await queries.update_user(
                tx,
                user_id=user_id,
                email=email_address(changes.email) if changes.email else None,
                is_confirmed=changes.email_confirm or None,
                encrypted_password=encrypted_password,
                metadata=(changes.app_metadata, changes.user_metadata),
            )
            if ban is not None:
                await queries.update_ban(tx, user_id=user_id, banned_until=ban.until)
            if changes.email or changes.email_confirm:
                await queries.upsert_email_identity(tx, user_id=user_id)
            if encrypted_password is not None:
                await queries.delete_sessions(tx, user_id=user_id)
                await proof_queries.delete_tokens(tx, user_id=user_id)
            record(tx, visitor, action="user_modified", user_id=user_id)
            return await _user(tx, user_id)
    except AlreadyExists as conflict:
        raise _conflict(conflict) from conflict


async def delete_user(visitor: Visitor, *, user_id: UUID, soft: bool) -> None:
    """Delete the account; with `soft`, its id stays, without any data of the person.

    Raises:
        UserNotFound.
        UserInUse: it is an agent's account.
    """
    delete = queries.update_user_deleted if soft else queries.delete_user
    try:
        async with accounts_tx(request_id=visitor.request_id) as tx:
            if not await delete(tx, user_id=user_id):
                raise UserNotFound
            record(tx, visitor, action="user_deleted", user_id=user_id)
    except InvalidReference as reference:
        raise UserInUse from reference


async def _hash(changes: Changes) -> str | None:
    if changes.password is not None:
        return await hash_password(changes.password)
    return checked_hash(changes.password_hash) if changes.password_hash else None


async def _user(tx: Tx, user_id: UUID) -> User:
    account = await queries.find_account(tx, user_id=user_id)
    if account is None:
        raise UserNotFound
    check_metadata(account.user.app_metadata, account.user.user_metadata)
    return account.user


def _conflict(conflict: AlreadyExists) -> AlreadyExists | EmailExists:
    return EmailExists() if conflict.details.get("constraint") == "users_email_key" else conflict
