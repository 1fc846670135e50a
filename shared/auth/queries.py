"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx

from .models import AgentKey, Attempt, ExchangeAttempt, InsertedKey, Registration


class _Done(msgspec.Struct, frozen=True):
    done: bool


async def insert_key(
    tx: Tx, *, name: str, platform: str, prefix: str, key_hash: str, scopes: list[str], expires_at: datetime | None
) -> InsertedKey:
    """Insert the key together with its agent."""
    sql = """
        SELECT
          made.id, made.organization_id, made.agent_id, %(name)s AS name, %(prefix)s AS key_prefix,
          %(scopes)s::text[] AS scopes, %(expires_at)s::timestamptz AS expires_at
        FROM app.create_agent_key(
          %(name)s, %(platform)s, %(prefix)s, %(key_hash)s, %(scopes)s::text[], %(expires_at)s::timestamptz
        ) AS made
    """
    return await tx.one(
        InsertedKey,
        sql,
        name=name,
        platform=platform,
        prefix=prefix,
        key_hash=key_hash,
        scopes=scopes,
        expires_at=expires_at,
    )


async def insert_successor(
    tx: Tx, *, key_id: UUID, prefix: str, key_hash: str, overlap: timedelta
) -> InsertedKey | None:
    """Insert the key that replaces this one; return None if it cannot be rotated any more."""
    sql = """
        SELECT id, organization_id, agent_id, name, key_prefix, scopes, expires_at
        FROM app.rotate_agent_key(%(key_id)s, %(prefix)s, %(key_hash)s, %(overlap)s)
    """
    return await tx.find(InsertedKey, sql, key_id=key_id, prefix=prefix, key_hash=key_hash, overlap=overlap)


_LIST_KEYS = Query(
    """
    SELECT
      key.id, key.agent_id, agent.name AS agent_name, key.name, key.prefix AS key_prefix, key.scopes,
      key.is_active AND (key.expires_at IS NULL OR key.expires_at > now()) AS is_active,
      key.expires_at, key.last_used_at, key.replaced_by, key.created_at
    FROM agent_api_keys AS key
    JOIN agent_accounts AS agent ON agent.organization_id = key.organization_id AND agent.id = key.agent_id
    WHERE (%(include_revoked)s OR key.is_active) AND {created_at}
    ORDER BY key.created_at DESC, key.id DESC
    LIMIT {limit}
    """,
    where={"created_at": "(key.created_at, key.id) < (%(created_at)s, %(id)s::uuid)"},
    limits=["limit"],
)


async def list_keys(
    tx: Tx, *, before: tuple[datetime, UUID] | None, limit: int, include_revoked: bool
) -> list[AgentKey]:
    created_at, key_id = before or (None, None)
    return await tx.all(
        AgentKey, _LIST_KEYS, include_revoked=include_revoked, created_at=created_at, id=key_id, limit=limit
    )


async def find_key(tx: Tx, *, key_id: UUID) -> AgentKey | None:
    sql = """
        SELECT
          key.id, key.agent_id, '' AS agent_name, key.name, key.prefix AS key_prefix, key.scopes,
          key.is_active AND (key.expires_at IS NULL OR key.expires_at > now()) AS is_active,
          key.expires_at, key.last_used_at, key.replaced_by, key.created_at
        FROM agent_api_keys AS key
        WHERE key.id = %(key_id)s
    """
    return await tx.find(AgentKey, sql, key_id=key_id)


async def update_key_revoked(tx: Tx, *, key_id: UUID) -> bool:
    """Revoke the key; return whether it exists."""
    sql = "SELECT app.revoke_agent_key(%(key_id)s) AS done"
    return (await tx.one(_Done, sql, key_id=key_id)).done


async def update_key_exchanged(tx: Tx, *, key_id: UUID, attempt_id: int) -> int:
    """Record that the attempt used the key, as the service only."""
    sql = """
        WITH used AS (
          UPDATE agent_api_keys SET last_used_at = now() WHERE id = %(key_id)s
          RETURNING organization_id
        )
        UPDATE access_attempts
        SET outcome = 'exchanged', organization_id = used.organization_id
        FROM used
        WHERE access_attempts.id = %(attempt_id)s
    """
    return await tx.run(sql, key_id=key_id, attempt_id=attempt_id)


async def insert_registration(
    tx: Tx, *, agent_name: str, platform: str, owner_email: str, organization_name: str, prefix: str, key_hash: str
) -> Registration:
    """Create organization, agent and key, as the service only."""
    sql = """
        SELECT
          made.organization_id, made.agent_id, made.key_id, plans.scopes, plans.code AS plan,
          jsonb_build_object(
            'contacts', plans.max_contacts, 'orders', plans.max_orders, 'orders_period', plans.orders_period,
            'messages_month', plans.max_messages_month, 'api_calls_day', plans.max_api_calls_day,
            'agents', plans.agents_included
          ) AS limits
        FROM app.register_agent(
          %(agent_name)s, %(platform)s, %(owner_email)s, %(organization_name)s, %(prefix)s, %(key_hash)s
        ) AS made
        CROSS JOIN plans
        WHERE plans.code = 'free'
    """
    return await tx.one(
        Registration,
        sql,
        agent_name=agent_name,
        platform=platform,
        owner_email=owner_email,
        organization_name=organization_name,
        prefix=prefix,
        key_hash=key_hash,
    )


async def insert_exchange_attempt(tx: Tx, *, prefix: str, ip_hash: str) -> ExchangeAttempt:
    """Record an exchange and return its key, as the service only: 10 a minute for an address."""
    sql = """
        SELECT
          attempt.id, attempt.retry_after, attempt.limited_by,
          (
            SELECT json_build_object(
              'id', key.id, 'organization_id', key.organization_id, 'user_id', agent.user_id,
              'key_hash', key.key_hash, 'scopes', key.scopes, 'plan_scopes', plans.scopes,
              'is_usable', key.is_active AND (key.expires_at IS NULL OR key.expires_at > now()),
              'timezone', organizations.timezone, 'day_timezone', app.counting_timezone(organizations)
            )
            FROM agent_api_keys AS key
            JOIN agent_accounts AS agent ON agent.organization_id = key.organization_id AND agent.id = key.agent_id
            JOIN organizations ON organizations.id = key.organization_id
            JOIN plans ON plans.code = organizations.plan_code
            WHERE key.prefix = %(prefix)s
          ) AS key
        FROM app.record_attempt('agent_auth', %(prefix)s, %(ip_hash)s, 10, interval '1 minute', null, null) AS attempt
    """
    return await tx.one(ExchangeAttempt, sql, prefix=prefix, ip_hash=ip_hash)


async def insert_registration_attempt(tx: Tx, *, email_hash: str, ip_hash: str) -> Attempt:
    """Record a registration, as the service only: 20 an hour for an address, 5 a day for an owner's e-mail."""
    sql = """
        SELECT id, retry_after, limited_by
        FROM app.record_attempt(
          'agent_register', %(email_hash)s, %(ip_hash)s, 20, interval '1 hour', 5, interval '1 day'
        )
    """
    return await tx.one(Attempt, sql, email_hash=email_hash, ip_hash=ip_hash)


async def update_attempt(tx: Tx, *, attempt_id: int, outcome: str, organization_id: UUID | None) -> int:
    """Record the outcome of an attempt, as the service only."""
    sql = """
        UPDATE access_attempts
        SET outcome = %(outcome)s, organization_id = %(organization_id)s
        WHERE id = %(attempt_id)s
    """
    return await tx.run(sql, attempt_id=attempt_id, outcome=outcome, organization_id=organization_id)


async def delete_old_attempts(tx: Tx) -> int:
    """Delete a bounded number of old attempts, as the service only, so that a backlog never takes too long."""
    sql = """
        DELETE FROM access_attempts
        WHERE ctid IN (
          SELECT ctid FROM access_attempts WHERE created_at < now() - interval '30 days' LIMIT 10000
        )
    """
    return await tx.run(sql)
