"""Rules of agents' keys for the people who manage them."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.kernel.clock import utc_now
from shared.kernel.errors import Conflict, InvalidRequest, NotFound
from shared.kernel.pagination import Page, encode_cursor, last_row, page
from shared.runtime.postgres.transaction import Tx

from . import keys, passwords, queries
from .models import AgentKey, InsertedKey

CLOSED_SCOPES = {"read": ["read"], "write": ["read", "write"], "admin": ["read", "write", "admin"]}
"""Every scope with those that it includes."""


class KeyNotUsable(Conflict):
    code = "key_not_active"
    default_message = "the key is revoked, expired or already rotated: create a new one instead"


class CreatedKey(msgspec.Struct, frozen=True):
    raw: str
    """Shown once; only its hash is kept."""
    key: InsertedKey


def close_scopes(scopes: list[str]) -> list[str]:
    """Return the given scopes and those that they include, narrowest first."""
    return max((CLOSED_SCOPES[scope] for scope in scopes), key=len)


async def create_key(
    tx: Tx, *, name: str, platform: str, scopes: list[str], expires_at: datetime | None, share: str
) -> CreatedKey:
    """Create an agent with one key; `share` is the organization that the hashing counts for.

    Raises:
        Refusal: insufficient_scope unless the caller is owner or admin; plan_limit_exceeded for agents and for scopes.
        InvalidRequest: if `expires_at` lies in the past.
    """
    if expires_at is not None and expires_at <= utc_now():
        raise InvalidRequest(
            "expires_at lies in the past", errors=[{"pointer": "/expires_at", "message": "must lie in the future"}]
        )
    key = keys.new_key()
    inserted = await queries.insert_key(
        tx,
        name=name,
        platform=platform,
        prefix=key.prefix,
        key_hash=await passwords.hash_secret(key.raw, share=share),
        scopes=close_scopes(scopes),
        expires_at=expires_at,
    )
    return CreatedKey(key.raw, inserted)


async def list_keys(tx: Tx, *, limit: int, cursor: str | None, include_revoked: bool) -> Page[AgentKey]:
    """Return a page of keys, the newest first."""
    rows = await queries.list_keys(tx, before=last_row(cursor), limit=limit + 1, include_revoked=include_revoked)
    return page(rows, limit, lambda key: encode_cursor(key.created_at, key.id))


async def revoke_key(tx: Tx, *, key_id: UUID) -> None:
    """Revoke a key and its tokens at once. Revoking a revoked key changes nothing.

    Raises:
        NotFound: if the organization has no such key.
    """
    if not await queries.update_key_revoked(tx, key_id=key_id):
        raise NotFound


async def rotate_key(tx: Tx, *, key_id: UUID, overlap: timedelta, share: str) -> CreatedKey:
    """Create a key with the same agent, name, scopes and expiry; the old key works until the overlap ends.

    Raises:
        NotFound: if the organization has no such key.
        KeyNotUsable: if the key is not active, or was rotated before (also by a concurrent call).
    """
    old = await queries.find_key(tx, key_id=key_id)
    if old is None:
        raise NotFound
    if not old.is_active or old.replaced_by is not None:
        raise KeyNotUsable
    key = keys.new_key()
    key_hash = await passwords.hash_secret(key.raw, share=share)
    inserted = await queries.insert_successor(tx, key_id=key_id, prefix=key.prefix, key_hash=key_hash, overlap=overlap)
    if inserted is None:
        raise KeyNotUsable
    return CreatedKey(key.raw, inserted)
