"""All SQL of channel accounts; webhooks and workers run it as the service and name the organization."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import Channel, ChannelView, NewChannel


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Is(msgspec.Struct, frozen=True):
    is_so: bool


async def upsert_channel(tx: Tx, *, organization_id: UUID, channel: NewChannel, token_sealed: bytes) -> UUID:
    sql = """
        INSERT INTO channel_accounts AS account
            (organization_id, platform, external_id, waba_id, page_id, display_name, phone, messages_per_second,
             token_sealed, access_expires_at, token_due_at)
        SELECT %(organization_id)s::uuid, %(platform)s, %(external_id)s, %(waba_id)s, %(page_id)s, %(display_name)s,
            %(phone)s, %(messages_per_second)s::integer, %(token_sealed)s, ends.at,
            CASE WHEN %(platform)s::text = 'instagram' AND %(page_id)s::text IS NULL THEN now()
                ELSE ends.at - interval '7 days' END
        FROM (SELECT now() + make_interval(secs => %(token_expires_in)s::integer) AS at) AS ends
        ON CONFLICT (organization_id, platform, external_id) DO UPDATE
        SET waba_id = excluded.waba_id, page_id = excluded.page_id, token_sealed = excluded.token_sealed,
            display_name = coalesce(excluded.display_name, account.display_name),
            phone = coalesce(excluded.phone, account.phone), messages_per_second = excluded.messages_per_second,
            status = 'connected', status_reason = NULL, resumes_at = NULL, held_until = NULL, standing_told_at = NULL,
            access_expires_at = excluded.access_expires_at, token_due_at = excluded.token_due_at, token_failures = 0
        RETURNING id
    """
    values = msgspec.structs.asdict(channel)
    return (await tx.one(_Id, sql, organization_id=organization_id, token_sealed=token_sealed, **values)).id


async def list_channels(tx: Tx) -> list[ChannelView]:
    sql = """
        SELECT id, platform, external_id, waba_id, display_name, phone, status, status_reason, resumes_at,
            access_expires_at, created_at
        FROM channel_accounts
        ORDER BY created_at DESC, id DESC
        LIMIT 100
    """
    return await tx.all(ChannelView, sql)


_FIND_CHANNEL_VIEW = Query(
    """
    SELECT id, platform, external_id, waba_id, display_name, phone, status, status_reason, resumes_at,
        access_expires_at, created_at
    FROM channel_accounts
    WHERE platform = %(platform)s AND {channel_id}
    ORDER BY status <> 'connected', created_at, id
    LIMIT 1
    """,
    where={"channel_id": "id = %(channel_id)s"},
)


async def find_channel_view(tx: Tx, *, platform: str, channel_id: UUID | None) -> ChannelView | None:
    """Find the channel with that id; without an id, the organization's oldest connected one."""
    return await tx.find(ChannelView, _FIND_CHANNEL_VIEW, platform=platform, channel_id=channel_id)


async def find_channel(tx: Tx, *, channel_id: UUID) -> Channel | None:
    """Find the channel with its sealed token, as the service only."""
    sql = """
        SELECT account.id, account.organization_id, account.platform, account.external_id, account.waba_id,
            account.page_id, account.phone, account.status, account.token_sealed, organization.country
        FROM channel_accounts AS account
        JOIN organizations AS organization ON organization.id = account.organization_id
        WHERE account.id = %(channel_id)s
    """
    return await tx.find(Channel, sql, channel_id=channel_id)


async def list_routes(tx: Tx, *, external_ids: Sequence[str]) -> list[Channel]:
    """List the channels with these ids of phone numbers, pages, or Instagram or WhatsApp accounts; live ones first."""
    sql = """
        SELECT account.id, account.organization_id, account.platform, account.external_id, account.waba_id,
            account.page_id, account.phone, account.status, account.token_sealed, organization.country
        FROM channel_accounts AS account
        JOIN organizations AS organization ON organization.id = account.organization_id
        WHERE account.external_id = ANY(%(external_ids)s) OR account.waba_id = ANY(%(external_ids)s)
        ORDER BY account.status = 'disconnected', account.created_at, account.id
    """
    return await tx.all(Channel, sql, external_ids=list(external_ids))


async def lock_channels(tx: Tx, *, channel_ids: Sequence[UUID]) -> None:
    """Lock the channels in one order, so that writers into several conversations never wait in a circle."""
    sql = """
        SELECT pg_advisory_xact_lock(hashtextextended('channel ' || channel.id, 0))
        FROM (SELECT unnest(%(channel_ids)s::text[]) AS id ORDER BY 1) AS channel
    """
    await tx.run(sql, channel_ids=[str(channel_id) for channel_id in channel_ids])


async def update_status(
    tx: Tx,
    *,
    channel_id: UUID,
    status: str,
    reason: str | None,
    resumes_at: datetime | None = None,
    reported_at: datetime | None = None,
) -> bool:
    """Change the status, unless a later report of Meta's is known; return whether it changed."""
    sql = """
        UPDATE channel_accounts AS account
        SET status = %(status)s, status_reason = %(reason)s, resumes_at = %(resumes_at)s,
            standing_told_at = coalesce(%(reported_at)s, account.standing_told_at)
        FROM (SELECT id, status FROM channel_accounts WHERE id = %(channel_id)s FOR UPDATE) AS before
        WHERE account.id = before.id AND (account.status <> %(status)s OR %(reported_at)s::timestamptz IS NOT NULL)
            AND (account.standing_told_at <= %(reported_at)s) IS NOT FALSE
        RETURNING before.status <> account.status AS is_so
    """
    values = {"channel_id": channel_id, "status": status, "reason": reason, "resumes_at": resumes_at}
    found = await tx.find(_Is, sql, reported_at=reported_at, **values)
    return found is not None and found.is_so


async def resume_cooled_channels(tx: Tx) -> int:
    sql = """
        UPDATE channel_accounts
        SET status = 'connected', status_reason = NULL, resumes_at = NULL
        WHERE status = 'blocked' AND resumes_at <= now()
    """
    return await tx.run(sql)


async def hold_channel(tx: Tx, *, channel_id: UUID, seconds: float) -> None:
    sql = """
        UPDATE channel_accounts
        SET held_until = greatest(held_until, now() + make_interval(secs => %(seconds)s))
        WHERE id = %(channel_id)s
    """
    await tx.run(sql, channel_id=channel_id, seconds=seconds)


async def update_pace(tx: Tx, *, channel_id: UUID, messages_per_second: int) -> None:
    sql = """
        UPDATE channel_accounts
        SET messages_per_second = %(messages_per_second)s
        WHERE id = %(channel_id)s
    """
    await tx.run(sql, channel_id=channel_id, messages_per_second=messages_per_second)


async def update_details(tx: Tx, *, channel_id: UUID, details: dict[str, Any]) -> None:
    sql = """
        UPDATE channel_accounts
        SET details = details || %(details)s::jsonb
        WHERE id = %(channel_id)s
    """
    await tx.run(sql, channel_id=channel_id, details=json_text(details))


async def get_channel_view(tx: Tx, *, organization_id: UUID, channel_id: UUID) -> ChannelView:
    sql = """
        SELECT id, platform, external_id, waba_id, display_name, phone, status, status_reason, resumes_at,
            access_expires_at, created_at
        FROM channel_accounts
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s
    """
    return await tx.one(ChannelView, sql, organization_id=organization_id, channel_id=channel_id)


async def forget_token(tx: Tx, *, organization_id: UUID, channel_id: UUID) -> bool:
    """Delete the token; return whether the organization has that channel."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = NULL, access_expires_at = NULL, token_due_at = NULL
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s
    """
    return await tx.run(sql, organization_id=organization_id, channel_id=channel_id) > 0
