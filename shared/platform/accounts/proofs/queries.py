"""All SQL of this room, as the role supabase_auth_admin."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx


class Spent(msgspec.Struct, frozen=True):
    """A token that was just spent, and its user."""

    user_id: UUID
    token_type: str
    sent_for: str
    flow_state_id: UUID | None
    user_metadata: dict[str, Any] | None
    """The person's metadata in the request for the mail."""
    is_proven: bool
    """True if the user had proved the address before."""
    is_banned: bool


class Mail(NamedTuple):
    """The mail of a token: its purpose, its address, and the person's metadata in the request for it."""

    sent_for: str
    address: str
    user_metadata: dict[str, Any] | None


class Flow(msgspec.Struct, frozen=True):
    user_id: UUID
    code_challenge_method: str
    code_challenge: str
    authentication_method: str
    is_expired: bool
    is_banned: bool


def upsert_token(
    tx: Tx,
    *,
    user_id: UUID,
    token_type: str,
    token_hash: str,
    mail: Mail,
    flow_state_id: UUID | None,
) -> None:
    """Replace the token of the same kind of mail, with the next statement or the commit."""
    sql = """
        INSERT INTO auth.one_time_tokens (
          user_id, token_type, sent_for, token_hash, relates_to, flow_state_id, user_metadata
        )
        VALUES (
          %(user_id)s, %(token_type)s, %(sent_for)s, %(token_hash)s, %(relates_to)s, %(flow_state_id)s::uuid,
          %(user_metadata)s::jsonb
        )
        ON CONFLICT (user_id, token_type, sent_for)
        DO UPDATE SET
          user_metadata = excluded.user_metadata, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
          flow_state_id = excluded.flow_state_id, created_at = now(), updated_at = now()
    """
    tx.defer(
        sql,
        user_id=user_id,
        token_type=token_type,
        sent_for=mail.sent_for,
        token_hash=token_hash,
        relates_to=mail.address,
        flow_state_id=flow_state_id,
        user_metadata=None if mail.user_metadata is None else json_text(mail.user_metadata),
    )


_SPEND_TOKEN = Query(
    """
    DELETE FROM auth.one_time_tokens AS token
    USING auth.users
    WHERE token.token_hash = ANY(%(token_hashes)s) AND token.token_type = ANY(%(token_types)s)
      AND token.created_at > now() - %(ttl)s
      AND users.id = token.user_id AND users.deleted_at IS NULL AND {user_id}
    RETURNING
      token.user_id, token.token_type, token.sent_for, token.flow_state_id, token.user_metadata,
      users.email_proven_at IS NOT NULL AS is_proven,
      coalesce(users.banned_until > now(), false) AS is_banned
    """,
    where={"user_id": "users.id = %(user_id)s"},
)


async def spend_token(
    tx: Tx, *, token_hashes: list[str], token_types: Collection[str], ttl: timedelta, user_id: UUID | None = None
) -> Spent | None:
    """Spend the token; of two concurrent calls, one gets it and one gets None."""
    return await tx.find(
        Spent, _SPEND_TOKEN, token_hashes=token_hashes, token_types=list(token_types), ttl=ttl, user_id=user_id
    )


async def delete_tokens(tx: Tx, *, user_id: UUID) -> int:
    return await tx.run("DELETE FROM auth.one_time_tokens WHERE user_id = %(user_id)s", user_id=user_id)


def insert_flow(
    tx: Tx, *, flow_state_id: UUID, user_id: UUID, challenge_method: str, challenge: str, authentication_method: str
) -> None:
    """Insert the flow with the next statement or the commit."""
    sql = """
        INSERT INTO auth.flow_state (id, user_id, code_challenge_method, code_challenge, authentication_method)
        VALUES (%(flow_state_id)s, %(user_id)s, %(challenge_method)s, %(challenge)s, %(authentication_method)s)
    """
    tx.defer(
        sql,
        flow_state_id=flow_state_id,
        user_id=user_id,
        challenge_method=challenge_method,
        challenge=challenge,
        authentication_method=authentication_method,
    )


async def update_flow_code(tx: Tx, *, flow_state_id: UUID, auth_code: str) -> int:
    sql = """
        UPDATE auth.flow_state
        SET auth_code = %(auth_code)s, auth_code_issued_at = now(), updated_at = now()
        WHERE id = %(flow_state_id)s
    """
    return await tx.run(sql, flow_state_id=flow_state_id, auth_code=auth_code)


async def delete_flow(tx: Tx, *, auth_code: str, ttl: timedelta) -> Flow | None:
    """Delete the flow of the code; of two concurrent calls, one gets it and one gets None."""
    sql = """
        DELETE FROM auth.flow_state AS flow
        USING auth.users
        WHERE flow.auth_code = %(auth_code)s AND users.id = flow.user_id AND users.deleted_at IS NULL
        RETURNING
          flow.user_id, flow.code_challenge_method, flow.code_challenge, flow.authentication_method,
          flow.auth_code_issued_at < now() - %(ttl)s AS is_expired,
          coalesce(users.banned_until > now(), false) AS is_banned
    """
    return await tx.find(Flow, sql, auth_code=auth_code, ttl=ttl)


async def delete_old_tokens(tx: Tx) -> int:
    """Delete a limited number of old tokens, so that the statement stays short."""
    sql = """
        DELETE FROM auth.one_time_tokens
        WHERE ctid IN (SELECT ctid FROM auth.one_time_tokens WHERE created_at < now() - interval '1 day' LIMIT 10000)
    """
    return await tx.run(sql)


async def delete_old_flows(tx: Tx) -> int:
    sql = """
        DELETE FROM auth.flow_state
        WHERE ctid IN (SELECT ctid FROM auth.flow_state WHERE created_at < now() - interval '2 days' LIMIT 10000)
    """
    return await tx.run(sql)
