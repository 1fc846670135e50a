"""All SQL of templates: lists run as the caller, changes as the service, which names the organization."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import Template, TemplateName, TemplateRow, TemplateStatus


class _Is(msgspec.Struct, frozen=True):
    is_so: bool


async def replace_templates(tx: Tx, *, organization_id: UUID, waba_id: str, templates: Sequence[TemplateRow]) -> None:
    """Replace our copy, and delete templates that Meta no longer has."""
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
    rows = json_text(templates)
    await tx.run(sql, organization_id=organization_id, waba_id=waba_id, templates=rows)


async def update_template(
    tx: Tx, *, organization_id: UUID, waba_id: str, template_id: str, aspect: str, value: str | None
) -> None:
    """Write one aspect of a template, as Meta has it now."""
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
    """Mark our copies of that name as stale, because Meta refused one."""
    sql = """
        UPDATE message_templates AS template
        SET is_stale = true
        FROM channel_accounts AS account
        WHERE account.id = %(channel_id)s AND template.organization_id = account.organization_id
            AND template.waba_id = account.waba_id AND template.name = %(name)s
    """
    await tx.run(sql, channel_id=channel_id, name=name)


_LIST_TEMPLATES = Query(
    """
    SELECT name, language, category, status, quality, components
    FROM message_templates
    WHERE waba_id = %(waba_id)s AND (status = 'APPROVED' OR NOT %(only_approved)s)
    ORDER BY name, language
    LIMIT {limit}
    """,
    limits=["limit"],
)


async def list_templates(tx: Tx, *, waba_id: str, only_approved: bool, limit: int) -> list[Template]:
    return await tx.all(Template, _LIST_TEMPLATES, waba_id=waba_id, only_approved=only_approved, limit=limit)


async def has_stale_templates(tx: Tx, *, waba_id: str) -> bool:
    sql = "SELECT EXISTS (SELECT FROM message_templates WHERE waba_id = %(waba_id)s AND is_stale) AS is_so"
    return (await tx.one(_Is, sql, waba_id=waba_id)).is_so


_LIST_TEMPLATE_NAMES = Query(
    """
    SELECT template.name, template.language, template.category
    FROM channel_accounts AS account
    JOIN message_templates AS template
        ON template.organization_id = account.organization_id AND template.waba_id = account.waba_id
    WHERE account.id = %(channel_id)s AND template.status = 'APPROVED'
    ORDER BY template.category = 'MARKETING', template.name, template.language
    LIMIT {limit}
    """,
    limits=["limit"],
)


async def list_template_names(tx: Tx, *, channel_id: UUID, limit: int) -> list[TemplateName]:
    """List approved templates that the channel may send."""
    return await tx.all(TemplateName, _LIST_TEMPLATE_NAMES, channel_id=channel_id, limit=limit)


async def find_template(tx: Tx, *, channel_id: UUID, name: str, language: str) -> TemplateStatus | None:
    sql = """
        SELECT template.category, template.status
        FROM channel_accounts AS account
        JOIN message_templates AS template
            ON template.organization_id = account.organization_id AND template.waba_id = account.waba_id
        WHERE account.id = %(channel_id)s AND template.name = %(name)s AND template.language = %(language)s
        LIMIT 1
    """
    return await tx.find(TemplateStatus, sql, channel_id=channel_id, name=name, language=language)
