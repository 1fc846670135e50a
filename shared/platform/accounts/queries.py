"""All SQL of this room, as the role supabase_auth_admin."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import Account, Addressee, Confirmed, StoredPassword, StoredRefreshToken, User


class _Count(msgspec.Struct, frozen=True):
    total: int


class _Locked(msgspec.Struct, frozen=True):
    id: UUID


class _Listed(msgspec.Struct, frozen=True):
    user: User


class _Confirmations(msgspec.Struct, frozen=True):
    given: int
    has_address: bool


class Claims(msgspec.Struct, frozen=True):
    """The hooks' answer: `error` is set by a hook that refuses to issue a token."""

    claims: dict[str, Any] | None
    error: dict[str, Any] | None


class Metadata(NamedTuple):
    app: dict[str, Any]
    user: dict[str, Any]
    is_claimed: bool = False
    """True if a person without proof created the account, and not the service."""


async def insert_user(
    tx: Tx,
    *,
    user_id: UUID,
    email: str,
    encrypted_password: str | None,
    confirmed: Confirmed,
    metadata: Metadata,
    banned_until: datetime | None = None,
) -> int:
    sql = """
        INSERT INTO auth.users (
          id, email, encrypted_password, email_confirmed_at, email_proven_at, raw_app_meta_data, raw_user_meta_data,
          metadata_claimed, banned_until
        )
        VALUES (
          %(user_id)s, %(email)s, %(encrypted_password)s, CASE WHEN %(confirmed)s <> 'no' THEN now() END,
          CASE WHEN %(confirmed)s = 'proven' THEN now() END, %(app_metadata)s::jsonb, %(user_metadata)s::jsonb,
          %(metadata_claimed)s, %(banned_until)s::timestamptz
        )
    """
    return await tx.run(
        sql,
        user_id=user_id,
        email=email,
        encrypted_password=encrypted_password,
        confirmed=confirmed,
        app_metadata=json_text(metadata.app),
        user_metadata=json_text(metadata.user),
        metadata_claimed=metadata.is_claimed,
        banned_until=banned_until,
    )


async def upsert_email_identity(tx: Tx, *, user_id: UUID) -> int:
    """Write the user's address into the identity `email`."""
    sql = """
        INSERT INTO auth.identities AS identity (provider_id, user_id, provider, identity_data, last_sign_in_at)
        SELECT
          users.id::text, users.id, 'email',
          jsonb_build_object(
            'sub', users.id, 'email', users.email, 'email_verified', users.email_confirmed_at IS NOT NULL,
            'phone_verified', false
          ),
          users.last_sign_in_at
        FROM auth.users
        WHERE users.id = %(user_id)s AND users.email IS NOT NULL
        ON CONFLICT (provider_id, provider)
        DO UPDATE SET identity_data = identity.identity_data || excluded.identity_data, updated_at = now()
    """
    return await tx.run(sql, user_id=user_id)


async def find_account(tx: Tx, *, user_id: UUID, session_id: UUID | None = None) -> Account | None:
    sql = """
        SELECT
          auth.account_json(users) AS "user", nullif(users.encrypted_password, '') AS encrypted_password,
          coalesce(users.banned_until > now(), false) AS is_banned,
          session.id IS NOT NULL AS has_session,
          coalesce(session.created_at > now() - interval '1 day', false) AS has_fresh_session
        FROM auth.users
        LEFT JOIN auth.sessions AS session
          ON session.id = %(session_id)s::uuid AND session.user_id = users.id
          AND (session.not_after IS NULL OR session.not_after > now())
        WHERE users.id = %(user_id)s
    """
    return await tx.find(Account, sql, user_id=user_id, session_id=session_id)


async def find_addressee(tx: Tx, *, email: str) -> Addressee | None:
    sql = """
        SELECT
          id, email, coalesce(email_change, '') AS new_email, raw_user_meta_data AS user_metadata,
          email_confirmed_at IS NOT NULL AS is_confirmed
        FROM auth.users
        WHERE lower(email) = %(email)s AND NOT is_sso_user AND deleted_at IS NULL
    """
    return await tx.find(Addressee, sql, email=email)


_LIST_USERS = Query(
    """
    SELECT auth.account_json(users) AS "user" FROM auth.users
    ORDER BY users.created_at DESC, users.id DESC
    LIMIT {limit} OFFSET %(offset)s
    """,
    limits=["limit"],
)


async def list_users(tx: Tx, *, limit: int, offset: int) -> list[User]:
    """List users, the newest first."""
    return [listed.user for listed in await tx.all(_Listed, _LIST_USERS, limit=limit, offset=offset)]


async def count_users(tx: Tx) -> int:
    return (await tx.one(_Count, "SELECT count(*) AS total FROM auth.users")).total


async def find_password(tx: Tx, *, email: str, network: str) -> StoredPassword | None:
    sql = """
        SELECT
          id AS user_id, nullif(encrypted_password, '') AS encrypted_password,
          coalesce(banned_until > now(), false) AS is_banned, email_confirmed_at IS NOT NULL AS is_confirmed,
          email_proven_at IS NOT NULL AS is_proven,
          EXISTS (
            SELECT FROM auth.familiar_networks AS familiar
            WHERE familiar.user_id = users.id AND familiar.network = %(network)s
          ) AS is_familiar
        FROM auth.users
        WHERE lower(email) = %(email)s AND NOT is_sso_user AND deleted_at IS NULL
    """
    return await tx.find(StoredPassword, sql, email=email, network=network)


async def update_password_contested(tx: Tx, *, email: str) -> int:
    """Remove the password of an unproven address with which two people have signed up."""
    sql = """
        UPDATE auth.users
        SET encrypted_password = null, updated_at = now()
        WHERE lower(email) = %(email)s AND NOT is_sso_user AND email_confirmed_at IS NULL AND email_proven_at IS NULL
    """
    return await tx.run(sql, email=email)


def upsert_familiar_network(tx: Tx, *, user_id: UUID, network: str) -> None:
    """Record, with the next statement, that the user has signed in from the network."""
    sql = """
        INSERT INTO auth.familiar_networks (user_id, network)
        VALUES (%(user_id)s, %(network)s)
        ON CONFLICT (user_id, network) DO UPDATE SET seen_at = now()
    """
    tx.defer(sql, user_id=user_id, network=network)


async def delete_familiar_networks(tx: Tx, *, user_id: UUID) -> int:
    return await tx.run("DELETE FROM auth.familiar_networks WHERE user_id = %(user_id)s", user_id=user_id)


async def delete_old_familiar_networks(tx: Tx) -> int:
    """Delete a limited number of old networks, so that the statement stays short."""
    sql = """
        DELETE FROM auth.familiar_networks
        WHERE ctid IN (
          SELECT ctid FROM auth.familiar_networks WHERE seen_at < now() - interval '90 days' LIMIT 10000
        )
    """
    return await tx.run(sql)


async def insert_anonymous_user(tx: Tx, *, user_id: UUID, metadata: dict[str, Any]) -> int:
    sql = """
        INSERT INTO auth.users (id, is_anonymous, raw_user_meta_data, metadata_claimed, last_sign_in_at)
        VALUES (%(user_id)s, true, %(metadata)s::jsonb, true, now())
    """
    return await tx.run(sql, user_id=user_id, metadata=json_text(metadata))


def update_mailed(tx: Tx, *, user_id: UUID, slot: str, is_invited: bool) -> None:
    """Record the time of a mail of that kind, with the next statement or the commit."""
    sql = """
        UPDATE auth.users
        SET
          confirmation_sent_at = CASE %(slot)s WHEN 'confirmation_token' THEN now() ELSE confirmation_sent_at END,
          recovery_sent_at = CASE %(slot)s WHEN 'recovery_token' THEN now() ELSE recovery_sent_at END,
          reauthentication_sent_at = CASE %(slot)s
            WHEN 'reauthentication_token' THEN now() ELSE reauthentication_sent_at
          END,
          email_change_sent_at = CASE
            WHEN %(slot)s IN ('email_change_token_new', 'email_change_token_current') THEN now()
            ELSE email_change_sent_at
          END,
          invited_at = CASE WHEN %(is_invited)s THEN now() ELSE invited_at END,
          updated_at = now()
        WHERE id = %(user_id)s
    """
    tx.defer(sql, user_id=user_id, slot=slot, is_invited=is_invited)


async def update_confirmed(tx: Tx, *, user_id: UUID, drops_password: bool, user_metadata: dict[str, Any] | None) -> int:
    """Record that the user has proved the address and signs in; `drops_password` removes the password.

    The first proof also removes a waiting change of address, and replaces claimed metadata by those of this mail
    if there is no password: somebody else may have set all three.
    """
    sql = """
        UPDATE auth.users
        SET
          email_confirmed_at = coalesce(email_confirmed_at, now()), email_proven_at = coalesce(email_proven_at, now()),
          last_sign_in_at = now(), updated_at = now(),
          encrypted_password = CASE WHEN NOT %(drops_password)s THEN encrypted_password END,
          email_change = CASE WHEN email_proven_at IS NOT NULL THEN email_change END,
          email_change_confirm_status = CASE
            WHEN email_proven_at IS NOT NULL THEN email_change_confirm_status ELSE 0
          END,
          raw_user_meta_data = CASE
            WHEN email_proven_at IS NULL AND metadata_claimed AND (%(drops_password)s OR encrypted_password IS NULL)
            THEN coalesce(%(user_metadata)s::jsonb, '{}')
            ELSE raw_user_meta_data
          END,
          metadata_claimed = false
        WHERE id = %(user_id)s
    """
    return await tx.run(
        sql,
        user_id=user_id,
        drops_password=drops_password,
        user_metadata=None if user_metadata is None else json_text(user_metadata),
    )


async def update_new_email(tx: Tx, *, user_id: UUID, email: str) -> int:
    """Store the new address, which waits for its confirmation."""
    sql = """
        UPDATE auth.users
        SET email_change = %(email)s, email_change_confirm_status = 0, updated_at = now()
        WHERE id = %(user_id)s
    """
    return await tx.run(sql, user_id=user_id, email=email)


async def update_confirmations(tx: Tx, *, user_id: UUID) -> tuple[int, bool] | None:
    """Count a confirmation of the change; return their number, and whether the account has a present address.

    Return None if no change waits. Concurrent calls run one after the other.
    """
    sql = """
        UPDATE auth.users
        SET email_change_confirm_status = email_change_confirm_status + 1, updated_at = now()
        WHERE id = %(user_id)s AND email_change <> ''
        RETURNING email_change_confirm_status AS given, email IS NOT NULL AS has_address
    """
    found = await tx.find(_Confirmations, sql, user_id=user_id)
    return (found.given, found.has_address) if found else None


async def update_email_changed(tx: Tx, *, user_id: UUID, is_proven: bool) -> int:
    """Replace the address by the waiting one; the user is no longer anonymous."""
    sql = """
        UPDATE auth.users
        SET
          email = email_change, email_change = null, email_change_confirm_status = 0, email_confirmed_at = now(),
          email_proven_at = CASE WHEN %(is_proven)s THEN now() END, is_anonymous = false, updated_at = now(),
          raw_app_meta_data = '{"provider": "email", "providers": ["email"]}'::jsonb || raw_app_meta_data
        WHERE id = %(user_id)s
    """
    return await tx.run(sql, user_id=user_id, is_proven=is_proven)


async def update_signed_in(tx: Tx, *, user_id: UUID, encrypted_password: str | None) -> int:
    """Record the sign-in of a user who still has that password and is not banned; return 0 for any other."""
    sql = """
        WITH entered AS (
          UPDATE auth.users
          SET last_sign_in_at = now(), updated_at = now()
          WHERE id = %(user_id)s AND encrypted_password = %(encrypted_password)s
            AND (banned_until IS NULL OR banned_until <= now())
          RETURNING id
        ), identity AS (
          UPDATE auth.identities
          SET last_sign_in_at = now(), updated_at = now()
          WHERE provider = 'email' AND user_id IN (SELECT id FROM entered)
        )
        SELECT id FROM entered
    """
    return await tx.run(sql, user_id=user_id, encrypted_password=encrypted_password)


async def update_user(
    tx: Tx,
    *,
    user_id: UUID,
    email: str | None = None,
    is_confirmed: bool | None = None,
    encrypted_password: str | None = None,
    metadata: tuple[dict[str, Any] | None, dict[str, Any] | None] = (None, None),
) -> int:
    """Change the user; None leaves a value as it is, and a new password cancels a waiting change of address.

    `metadata`, the app's and the user's, are merged into the present ones: null removes a name.
    """
    sql = """
        UPDATE auth.users
        SET
          email = coalesce(%(email)s, email),
          email_confirmed_at = CASE %(is_confirmed)s::boolean
            WHEN true THEN coalesce(email_confirmed_at, now())
            WHEN false THEN null
            ELSE email_confirmed_at
          END,
          email_proven_at = CASE %(is_confirmed)s::boolean
            WHEN true THEN coalesce(email_proven_at, now())
            WHEN false THEN null
            ELSE email_proven_at
          END,
          encrypted_password = coalesce(%(encrypted_password)s, encrypted_password),
          email_change = CASE WHEN %(encrypted_password)s::text IS NULL THEN email_change END,
          raw_app_meta_data = (
            SELECT coalesce(jsonb_object_agg(key, value), '{}')
            FROM jsonb_each(raw_app_meta_data || %(app_metadata)s::jsonb)
            WHERE value <> 'null'
          ),
          raw_user_meta_data = (
            SELECT coalesce(jsonb_object_agg(key, value), '{}')
            FROM jsonb_each(raw_user_meta_data || %(user_metadata)s::jsonb)
            WHERE value <> 'null'
          ),
          updated_at = now()
        WHERE id = %(user_id)s
    """
    return await tx.run(
        sql,
        user_id=user_id,
        email=email,
        is_confirmed=is_confirmed,
        encrypted_password=encrypted_password,
        app_metadata=json_text(metadata[0] or {}),
        user_metadata=json_text(metadata[1] or {}),
    )


async def update_ban(tx: Tx, *, user_id: UUID, banned_until: datetime | None) -> int:
    sql = "UPDATE auth.users SET banned_until = %(banned_until)s, updated_at = now() WHERE id = %(user_id)s"
    return await tx.run(sql, user_id=user_id, banned_until=banned_until)


async def delete_user(tx: Tx, *, user_id: UUID) -> int:
    return await tx.run("DELETE FROM auth.users WHERE id = %(user_id)s", user_id=user_id)


async def update_user_deleted(tx: Tx, *, user_id: UUID) -> int:
    """Keep the row and its id, but remove the person's data and all credentials."""
    sql = """
        WITH identity AS (
          DELETE FROM auth.identities WHERE user_id = %(user_id)s
        ), session AS (
          DELETE FROM auth.sessions WHERE user_id = %(user_id)s
        )
        UPDATE auth.users
        SET
          deleted_at = coalesce(deleted_at, now()), email = null, phone = null, encrypted_password = null,
          raw_app_meta_data = '{}', raw_user_meta_data = '{}', updated_at = now()
        WHERE id = %(user_id)s
    """
    return await tx.run(sql, user_id=user_id)


def insert_session(
    tx: Tx,
    *,
    session_id: UUID,
    user_id: UUID,
    amr: list[dict[str, Any]],
    token: str,
    user_agent: str | None,
    address: str | None,
) -> None:
    """Insert the session with its first refresh token, with the next statement."""
    sql = """
        WITH session AS (
          INSERT INTO auth.sessions (id, user_id, amr, user_agent, ip)
          VALUES (%(session_id)s, %(user_id)s, %(amr)s::jsonb, %(user_agent)s, %(address)s::inet)
          RETURNING id, user_id
        )
        INSERT INTO auth.refresh_tokens (token, user_id, session_id)
        SELECT %(token)s, user_id, id FROM session
    """
    tx.defer(
        sql,
        session_id=session_id,
        user_id=user_id,
        amr=json_text(amr),
        token=token,
        user_agent=user_agent,
        address=address,
    )


async def lock_session_of_token(tx: Tx, *, token: str) -> UUID | None:
    """Lock the session of the token, so that its refreshes run one after the other."""
    sql = """
        SELECT session.id
        FROM auth.sessions AS session
        JOIN auth.refresh_tokens AS refresh ON refresh.session_id = session.id
        WHERE refresh.token = %(token)s
        FOR UPDATE OF session
    """
    locked = await tx.find(_Locked, sql, token=token)
    return locked.id if locked else None


async def find_refresh_token(tx: Tx, *, token: str, reuse_interval: timedelta) -> StoredRefreshToken | None:
    """Find the token, in a statement after the lock, so that it sees changes made while the lock was waited for."""
    sql = """
        SELECT
          refresh.user_id, refresh.session_id, session.amr, refresh.revoked,
          refresh.updated_at > clock_timestamp() - %(reuse_interval)s AS is_recent,
          active.token AS active, coalesce(active.parent = refresh.token, false) AS is_parent_of_active,
          coalesce(session.not_after <= now(), false) AS is_session_over,
          coalesce(users.banned_until > now(), false) AS is_banned
        FROM auth.refresh_tokens AS refresh
        JOIN auth.sessions AS session ON session.id = refresh.session_id
        JOIN auth.users ON users.id = refresh.user_id
        LEFT JOIN auth.refresh_tokens AS active ON active.session_id = refresh.session_id AND NOT active.revoked
        WHERE refresh.token = %(token)s
    """
    return await tx.find(StoredRefreshToken, sql, token=token, reuse_interval=reuse_interval)


def rotate_refresh_token(
    tx: Tx, *, spent: str, token: str, session_id: UUID, user_agent: str | None, address: str | None
) -> None:
    """Replace the spent token by the new one, with the next statement."""
    sql = """
        WITH spent AS (
          UPDATE auth.refresh_tokens
          SET revoked = true, updated_at = clock_timestamp()
          WHERE token = %(spent)s
          RETURNING user_id, session_id, token
        ), session AS (
          UPDATE auth.sessions
          SET
            refreshed_at = now(), updated_at = now(), user_agent = coalesce(%(user_agent)s, user_agent),
            ip = coalesce(%(address)s::inet, ip)
          WHERE id = %(session_id)s
        )
        INSERT INTO auth.refresh_tokens (token, user_id, session_id, parent)
        SELECT %(token)s, user_id, session_id, token FROM spent
    """
    tx.defer(sql, spent=spent, token=token, session_id=session_id, user_agent=user_agent, address=address)


_DELETE_SESSIONS = Query(
    "DELETE FROM auth.sessions WHERE user_id = %(user_id)s AND {only} AND {but}",
    where={"only": "id = %(only)s", "but": "id <> %(but)s"},
)


async def delete_sessions(tx: Tx, *, user_id: UUID, only: UUID | None = None, but: UUID | None = None) -> int:
    """Delete all sessions of the user, or `only` one, or all `but` one."""
    return await tx.run(_DELETE_SESSIONS, user_id=user_id, only=only, but=but)


async def find_claims(tx: Tx, *, user_id: UUID, claims: dict[str, Any], method: str, hook: str | None) -> Claims:
    sql = """
        SELECT answer -> 'claims' AS claims, answer -> 'error' AS error
        FROM auth.access_token_claims(%(user_id)s, %(claims)s::jsonb, %(method)s, %(hook)s) AS answer
    """
    return await tx.one(Claims, sql, user_id=user_id, claims=json_text(claims), method=method, hook=hook)


def insert_audit_entry(tx: Tx, *, action: str, user_id: UUID, address: str, request_id: str) -> None:
    """Insert the entry with the next statement or the commit."""
    sql = """
        INSERT INTO auth.audit_log_entries (payload, ip_address)
        VALUES (
          jsonb_build_object(
            'action', %(action)s::text, 'actor_id', %(user_id)s::uuid, 'request_id', %(request_id)s::text
          ),
          %(address)s
        )
    """
    tx.defer(sql, action=action, user_id=user_id, address=address, request_id=request_id)
