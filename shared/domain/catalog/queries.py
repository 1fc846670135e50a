"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from collections.abc import Collection
from uuid import UUID

from shared.runtime.postgres.transaction import Tx

from .models import SellableItem


async def list_items_by_reference(tx: Tx, *, ids: Collection[UUID], sku_keys: Collection[str]) -> list[SellableItem]:
    sql = """
        SELECT items.id, items.is_active, items.sku, items.selling_price, organizations.currency
        FROM items
        JOIN organizations ON organizations.id = items.organization_id
        WHERE items.id = ANY(%(ids)s::uuid[]) OR items.sku_key = ANY(%(sku_keys)s::text[])
    """
    return await tx.all(SellableItem, sql, ids=list(ids), sku_keys=list(sku_keys))
