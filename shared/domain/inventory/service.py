"""Lists of stock and the stock of one item."""

from uuid import UUID

from shared.kernel.errors import Conflict, Forbidden, InvalidRequest, NotFound
from shared.kernel.pagination import DEFAULT_LIMIT, Page, encode_cursor, last_row, page
from shared.kernel.text import code_key, fold
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import ItemFilter, ItemStock, StockCheck


class InsufficientStock(Conflict):
    """Raised by the database: less is available than is taken or reserved."""

    code = "insufficient_stock"


class UnbalancedTransfer(InvalidRequest):
    """Raised by the database: the movements of a transfer do not sum to zero."""

    code = "unbalanced_transfer"


class StockMovementsAreAppendOnly(Forbidden):
    """Raised by the database: a movement is corrected by another one."""

    code = "stock_movements_are_append_only"


class UnknownWarehouse(NotFound):
    """`warehouse` is the requested id or name."""

    code = "unknown_warehouse"


async def list_inventory(
    tx: Tx, *, filters: ItemFilter, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[ItemStock]:
    """Return a page of items with their stock, the newest items first."""
    search = filters.search
    rows = await queries.list_item_stock(
        tx,
        filters=filters,
        codes=None if search is None else _spellings(search),
        after=last_row(cursor),
        limit=limit + 1,
    )
    return page(rows, limit, cursor_of)


def _spellings(code: str) -> list[str]:
    """Return the spellings in which an item number or a barcode may have been stored."""
    key = code_key(code)
    return [code, fold(code).upper(), key, key.upper()]


def cursor_of(item: ItemStock) -> str:
    return encode_cursor(item.created_at, item.item_id)


async def check_stock(
    tx: Tx, *, item_id: UUID | None = None, sku: str | None = None, warehouse: UUID | str | None = None
) -> StockCheck:
    """Return the item's stock in every warehouse, or only in the warehouse of that id or name.

    Raises:
        NotFound: there is no such item.
        UnknownWarehouse: there is no such warehouse.
    """
    found = await queries.find_stock_check(
        tx,
        item_id=item_id,
        sku=sku,
        warehouse_id=warehouse if isinstance(warehouse, UUID) else None,
        warehouse_name=warehouse if isinstance(warehouse, str) else None,
    )
    if found is None:
        raise NotFound("no item has this id or SKU", hint="find_item")
    if warehouse is not None and not found.warehouses:
        raise UnknownWarehouse(
            f"there is no warehouse {warehouse}: leave it out to see all of them", warehouse=str(warehouse)
        )
    return found
