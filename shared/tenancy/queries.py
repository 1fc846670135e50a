"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from uuid import UUID

import msgspec

from shared.runtime.postgres.transaction import Tx

from .models import Organization


async def insert_organization(tx: Tx, *, name: str, timezone: str, country: str, currency: str) -> Organization:
    """With the caller as its owner. Their present token does not show it yet, so the function answers the row."""
    sql = """
        SELECT id, name, plan_code, timezone, country, currency, created_at
        FROM app.create_organization(%(name)s, %(timezone)s, %(country)s, %(currency)s)
    """
    return await tx.one(Organization, sql, name=name, timezone=timezone, country=country, currency=currency)


async def find_organization(tx: Tx, *, organization_id: UUID) -> Organization | None:
    sql = """
        SELECT id, name, plan_code, timezone, country, currency, created_at
        FROM organizations
        WHERE id = %(organization_id)s
    """
    return await tx.find(Organization, sql, organization_id=organization_id)


class _Gone(msgspec.Struct, frozen=True):
    count: int


async def delete_old_audit(tx: Tx) -> int:
    """Of each organization what is older than its plan keeps the trail, as the service."""
    return (await tx.one(_Gone, "SELECT app.forget_audit(5000) AS count")).count
