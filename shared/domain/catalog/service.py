"""The look-up of items that can be sold."""

from collections.abc import Collection
from uuid import UUID

from shared.kernel.errors import Conflict, NotFound
from shared.kernel.text import code_key
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import SellableItem

Reference = UUID | str
"""An item's id or its SKU, in any spelling."""


class UnknownItem(NotFound):
    """`unknown` lists the ids and SKUs that name no item."""

    code = "unknown_item"


class ItemNotActive(Conflict):
    """`inactive` lists the ids and SKUs of items that were taken out of sale."""

    code = "item_not_active"


async def find_sellable(tx: Tx, *, references: Collection[Reference]) -> dict[Reference, SellableItem]:
    """Return the item of each reference.

    Raises:
        UnknownItem: with every reference that names no item.
        ItemNotActive: with every reference whose item is no longer sold.
    """
    ids = {reference for reference in references if isinstance(reference, UUID)}
    keys = {reference: code_key(reference) for reference in references if isinstance(reference, str)}
    items = await queries.list_items_by_reference(tx, ids=ids, sku_keys=set(keys.values()))
    found: dict[Reference, SellableItem] = {item.id: item for item in items}
    by_key = {code_key(item.sku): item for item in items if item.sku is not None}
    found |= {sku: by_key[key] for sku, key in keys.items() if key in by_key}
    unknown = [str(reference) for reference in references if reference not in found]
    if unknown:
        raise UnknownItem(f"no item has this id or SKU: {', '.join(unknown)}", unknown=unknown, hint="find_item")
    inactive = [str(reference) for reference in references if not found[reference].is_active]
    if inactive:
        raise ItemNotActive(f"these items are no longer sold: {', '.join(inactive)}", inactive=inactive)
    return {reference: found[reference] for reference in references}
