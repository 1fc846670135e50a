"""All SQL of this room. What a webhook or a worker asks runs as the service and names the organization itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.db import Tx

from .models import (
    Channel,
    ChannelView,
    ClaimedToken,
    EndingToken,
    NewChannel,
    SealedToken,
    Template,
    TemplateName,
    TemplateRow,
)


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Is(msgspec.Struct, frozen=True):
    is_so: bool


class _Count(msgspec.Struct, frozen=True):
    count: int


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


async def find_channel_view(tx: Tx, *, platform: str, channel_id: UUID | None) -> ChannelView | None:
    """The one asked for, else the organization's oldest that is connected."""
    sql = """
        SELECT id, platform, external_id, waba_id, display_name, phone, status, status_reason, resumes_at,
            access_expires_at, created_at
        FROM channel_accounts
        WHERE platform = %(platform)s AND (%(channel_id)s::uuid IS NULL OR id = %(channel_id)s)
        ORDER BY status <> 'connected', created_at, id
        LIMIT 1
    """
    return await tx.find(ChannelView, sql, platform=platform, channel_id=channel_id)


async def find_channel(tx: Tx, *, channel_id: UUID) -> Channel | None:
    """As the service only."""
    sql = """
        SELECT account.id, account.organization_id, account.platform, account.external_id, account.waba_id,
            account.page_id, account.phone, account.status, account.token_sealed, organization.country
        FROM channel_accounts AS account
        JOIN organizations AS organization ON organization.id = account.organization_id
        WHERE account.id = %(channel_id)s
    """
    return await tx.find(Channel, sql, channel_id=channel_id)


async def list_routes(tx: Tx, *, external_ids: Sequence[str]) -> list[Channel]:
    """The channels that these phone number, page, Instagram or WhatsApp Business account ids name; live ones first."""
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
    """Whoever writes into several conversations takes their channels first and in one order, so that none waits for
    another in a circle.
    """
    sql = """
        SELECT pg_advisory_xact_lock(hashtextextended('channel ' || channel.id, 0))
        FROM (SELECT unnest(%(channel_ids)s::text[]) AS id ORDER BY 1) AS channel
    """
    await tx.run(sql, channel_ids=[str(each) for each in channel_ids])


async def update_status(
    tx: Tx,
    *,
    channel_id: UUID,
    status: str,
    reason: str | None,
    resumes_at: datetime | None = None,
    told_at: datetime | None = None,
) -> bool:
    """Whether that is news. `told_at`: when Meta said so; what it said before it said something else is past."""
    sql = """
        UPDATE channel_accounts AS account
        SET status = %(status)s, status_reason = %(reason)s, resumes_at = %(resumes_at)s,
            standing_told_at = coalesce(%(told_at)s, account.standing_told_at)
        FROM (SELECT id, status FROM channel_accounts WHERE id = %(channel_id)s FOR UPDATE) AS before
        WHERE account.id = before.id AND (account.status <> %(status)s OR %(told_at)s::timestamptz IS NOT NULL)
            AND (account.standing_told_at <= %(told_at)s) IS NOT FALSE
        RETURNING before.status <> account.status AS is_so
    """
    values = {"channel_id": channel_id, "status": status, "reason": reason, "resumes_at": resumes_at}
    found = await tx.find(_Is, sql, told_at=told_at, **values)
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
    await tx.run(sql, channel_id=channel_id, details=msgspec.json.encode(details).decode())


async def replace_templates(tx: Tx, *, organization_id: UUID, waba_id: str, templates: Sequence[TemplateRow]) -> None:
    """Those that Meta no longer has go."""
    sql = """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(templates)s::jsonb) AS template (
                template_id text, name text, language text, category text, status text, quality text, components jsonb)
        ), gone AS (
            DELETE FROM message_templates AS old
            WHERE old.organization_id = %(organization_id)s AND old.waba_id = %(waba_id)s
                AND NOT EXISTS (SELECT FROM given WHERE given.template_id = old.template_id)
        )
        INSERT INTO message_templates
            (organization_id, waba_id, template_id, name, language, category, status, quality, components)
        SELECT %(organization_id)s, %(waba_id)s, template_id, name, language, category, status, quality, components
        FROM given
        ON CONFLICT (organization_id, waba_id, template_id) DO UPDATE
        SET name = excluded.name, language = excluded.language, category = excluded.category,
            status = excluded.status, quality = excluded.quality, components = excluded.components, is_stale = false
    """
    rows = msgspec.json.encode(templates).decode()
    await tx.run(sql, organization_id=organization_id, waba_id=waba_id, templates=rows)


async def update_template(
    tx: Tx, *, organization_id: UUID, waba_id: str, template_id: str, aspect: str, value: str | None
) -> None:
    """What Meta told of a template; one that is not known here is fetched with the others."""
    sql = """
        UPDATE message_templates
        SET status = CASE WHEN %(aspect)s = 'status' AND upper(%(value)s) ~ '^[A-Z_]{1,40}$'
                THEN upper(%(value)s) ELSE status END,
            quality = CASE WHEN %(aspect)s = 'quality' THEN %(value)s ELSE quality END,
            category = CASE WHEN %(aspect)s = 'category' THEN coalesce(%(value)s, category) ELSE category END,
            is_stale = is_stale OR %(aspect)s = 'components'
        WHERE organization_id = %(organization_id)s AND waba_id = %(waba_id)s AND template_id = %(template_id)s
    """
    values = {"waba_id": waba_id, "template_id": template_id, "aspect": aspect, "value": value}
    await tx.run(sql, organization_id=organization_id, **values)


async def mark_templates_stale(tx: Tx, *, channel_id: UUID, name: str) -> None:
    """Meta refused one of that name: our copies are out of date."""
    sql = """
        UPDATE message_templates AS template
        SET is_stale = true
        FROM channel_accounts AS account
        WHERE account.id = %(channel_id)s AND template.organization_id = account.organization_id
            AND template.waba_id = account.waba_id AND template.name = %(name)s
    """
    await tx.run(sql, channel_id=channel_id, name=name)


async def list_templates(tx: Tx, *, waba_id: str, only_approved: bool, limit: int) -> list[Template]:
    sql = """
        SELECT name, language, category, status, quality, components
        FROM message_templates
        WHERE waba_id = %(waba_id)s AND (status = 'APPROVED' OR NOT %(only_approved)s)
        ORDER BY name, language
        LIMIT %(limit)s
    """
    return await tx.all(Template, sql, waba_id=waba_id, only_approved=only_approved, limit=limit)


async def has_stale_templates(tx: Tx, *, waba_id: str) -> bool:
    sql = "SELECT EXISTS (SELECT FROM message_templates WHERE waba_id = %(waba_id)s AND is_stale) AS is_so"
    return (await tx.one(_Is, sql, waba_id=waba_id)).is_so


async def list_template_names(tx: Tx, *, channel_id: UUID, limit: int) -> list[TemplateName]:
    """Approved ones that the channel may send."""
    sql = """
        SELECT template.name, template.language, template.category
        FROM channel_accounts AS account
        JOIN message_templates AS template
            ON template.organization_id = account.organization_id AND template.waba_id = account.waba_id
        WHERE account.id = %(channel_id)s AND template.status = 'APPROVED'
        ORDER BY template.category = 'MARKETING', template.name, template.language
        LIMIT %(limit)s
    """
    return await tx.all(TemplateName, sql, channel_id=channel_id, limit=limit)


async def get_channel_view(tx: Tx, *, organization_id: UUID, channel_id: UUID) -> ChannelView:
    sql = """
        SELECT id, platform, external_id, waba_id, display_name, phone, status, status_reason, resumes_at,
            access_expires_at, created_at
        FROM channel_accounts
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s
    """
    return await tx.one(ChannelView, sql, organization_id=organization_id, channel_id=channel_id)


async def forget_token(tx: Tx, *, organization_id: UUID, channel_id: UUID) -> bool:
    """Whether the organization has that channel."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = NULL, access_expires_at = NULL, token_due_at = NULL
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s
    """
    return await tx.run(sql, organization_id=organization_id, channel_id=channel_id) > 0


async def list_sealed_otherwise(tx: Tx, *, mark: bytes, after: UUID | None, limit: int) -> list[SealedToken]:
    """Tokens that do not have the mark of the key that seals now."""
    sql = """
        SELECT id AS channel_id, organization_id, token_sealed
        FROM channel_accounts
        WHERE token_sealed IS NOT NULL AND position(%(mark)s IN token_sealed) = 0
            AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id
        LIMIT %(limit)s
    """
    return await tx.all(SealedToken, sql, mark=mark, after=after, limit=limit)


async def count_sealed_otherwise(tx: Tx, *, mark: bytes) -> int:
    sql = """
        SELECT count(*) AS count
        FROM channel_accounts
        WHERE token_sealed IS NOT NULL AND position(%(mark)s IN token_sealed) = 0
    """
    return (await tx.one(_Count, sql, mark=mark)).count


async def update_token(tx: Tx, *, token: SealedToken, token_sealed: bytes) -> bool:
    """Whether it was still the same: one that was renewed meanwhile stays."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = %(new)s
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id}
    return await tx.run(sql, new=token_sealed, old=token.token_sealed, **values) > 0


async def take_due_token(tx: Tx, *, spared: Sequence[UUID]) -> ClaimedToken | None:
    """One of other organizations than those, held for an hour: a worker that dies, and a provider that does not answer,
    are followed by another try.
    """
    sql = """
        WITH due AS (
            SELECT id
            FROM channel_accounts
            WHERE token_due_at <= now() AND token_sealed IS NOT NULL AND status <> 'disconnected'
                AND organization_id <> ALL(%(spared)s::uuid[])
            ORDER BY token_due_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE channel_accounts AS account
            SET token_due_at = now() + interval '1 hour'
            FROM due
            WHERE account.id = due.id
            RETURNING account.id AS channel_id, account.organization_id, account.platform, account.page_id,
                replace(encode(account.token_sealed, 'base64'), chr(10), '') AS token_sealed, account.access_expires_at
        )
        SELECT organization_id, channel_id, to_json(claimed) AS row FROM claimed
    """
    return await tx.find(ClaimedToken, sql, spared=list(spared))


async def update_renewed_token(tx: Tx, *, token: EndingToken, token_sealed: bytes, expires_in: int | None) -> bool:
    """Due again after half its time, and a day at least; one that was renewed meanwhile stays."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = %(new)s, token_failures = 0,
            access_expires_at = now() + make_interval(secs => %(expires_in)s::integer),
            token_due_at = now() + greatest(make_interval(secs => %(expires_in)s::integer / 2.0), interval '1 day')
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    return await tx.run(sql, new=token_sealed, expires_in=expires_in, **values) > 0


async def count_token_failure(tx: Tx, *, token: EndingToken) -> int:
    """How many there are in a row now; 0 for a token that was replaced meanwhile. It is due again in a day."""
    sql = """
        UPDATE channel_accounts
        SET token_failures = token_failures + 1, token_due_at = now() + interval '1 day'
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
        RETURNING token_failures AS count
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    found = await tx.find(_Count, sql, **values)
    return found.count if found else 0


async def stop_asking(tx: Tx, *, token: EndingToken) -> bool:
    """Nothing is done about this token any more; False where it was replaced meanwhile."""
    sql = """
        UPDATE channel_accounts
        SET token_due_at = NULL
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    return await tx.run(sql, **values) > 0
