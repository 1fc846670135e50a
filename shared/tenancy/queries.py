"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from uuid import UUID

import msgspec

from shared.runtime.postgres.transaction import Tx

from .models import Organization


async def insert_organization(tx: Tx, *, name: str, timezone: str, country: str, currency: str) -> Organization:
    """Insert it with the caller as owner and return it: the caller's present token cannot read it yet."""
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
    """Delete audit events that are older than their organization's plan keeps, as the service; return the number."""
    return (await tx.one(_Gone, "SELECT app.forget_audit(5000) AS count")).count
