"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from uuid import UUID

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx

from .models import ItemFilter, ItemStock, StockCheck

_LIST_ITEM_STOCK = Query(
    """
    SELECT stock.item_id, stock.created_at, stock.name, stock.sku, stock.item_no, stock.category, stock.unit,
        round(
            stock.selling_price,
            greatest(app.currency_decimals(organizations.currency), min_scale(stock.selling_price))
        ) AS selling_price,
        organizations.currency, stock.quantity::bigint, stock.available_quantity::bigint, stock.min_stock_level,
        stock.is_low, stock.is_active
    FROM item_stock AS stock
    JOIN organizations ON organizations.id = stock.organization_id
    WHERE {sku} AND {codes} AND {category} AND {low_stock} AND {is_active} AND {after_time}
    ORDER BY stock.created_at DESC, stock.item_id DESC
    LIMIT {limit}
    """,
    where={
        "sku": "stock.item_id = (SELECT items.id FROM items WHERE items.sku_key = app.code_key(%(sku)s))",
        "codes": """
            stock.item_no = ANY(%(codes)s) OR stock.barcode = ANY(%(codes)s)
            OR stock.item_id = (SELECT items.id FROM items WHERE items.sku_key = app.code_key(%(search)s))
        """,
        "category": "stock.category = %(category)s",
        "low_stock": "stock.is_low = %(low_stock)s",
        "is_active": "stock.is_active = %(is_active)s",
        "after_time": "(stock.created_at, stock.item_id) < (%(after_time)s, %(after_id)s::uuid)",
    },
    limits=["limit"],
)


async def list_item_stock(
    tx: Tx,
    *,
    filters: ItemFilter,
    codes: list[str] | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ItemStock]:
    """List items with their stock; `codes` are the possible spellings of `filters.search`."""
    after_time, after_id = after or (None, None)
    return await tx.all(
        ItemStock,
        _LIST_ITEM_STOCK,
        codes=codes,
        search=filters.search,
        sku=filters.sku,
        category=filters.category,
        low_stock=filters.low_stock,
        is_active=filters.is_active,
        after_time=after_time,
        after_id=after_id,
        limit=limit,
    )


_FIND_STOCK_CHECK = Query(
    """
    SELECT stock.item_id, stock.name, stock.sku, stock.unit, stock.is_active, stock.quantity::bigint,
        stock.reserved_quantity::bigint, stock.available_quantity::bigint, stock.min_stock_level, stock.is_low,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'warehouse_id', warehouses.id, 'name', warehouses.name,
                'quantity', coalesce(balance.quantity, 0),
                'reserved_quantity', coalesce(balance.reserved_quantity, 0),
                'available_quantity', coalesce(balance.available_quantity, 0)
            ) ORDER BY warehouses.is_default DESC, warehouses.created_at, warehouses.id), '[]')
            FROM warehouses
            LEFT JOIN stock_balances AS balance
                ON balance.organization_id = warehouses.organization_id
                AND balance.warehouse_id = warehouses.id AND balance.item_id = stock.item_id
            WHERE CASE
                WHEN %(warehouse_id)s::uuid IS NOT NULL THEN warehouses.id = %(warehouse_id)s
                WHEN %(warehouse_name)s::text IS NOT NULL
                    THEN app.fold(warehouses.name) = app.fold(%(warehouse_name)s)
                ELSE balance.id IS NOT NULL
            END
        ) AS warehouses
    FROM item_stock AS stock
    WHERE {item_id} AND {sku}
    """,
    where={
        "item_id": "stock.item_id = %(item_id)s",
        "sku": "stock.item_id = (SELECT items.id FROM items WHERE items.sku_key = app.code_key(%(sku)s))",
    },
)


async def find_stock_check(
    tx: Tx, *, item_id: UUID | None, sku: str | None, warehouse_id: UUID | None, warehouse_name: str | None
) -> StockCheck | None:
    """Find the item's stock in all warehouses that have known it, or in the named one, also when that holds none."""
    return await tx.find(
        StockCheck,
        _FIND_STOCK_CHECK,
        item_id=item_id,
        sku=sku,
        warehouse_id=warehouse_id,
        warehouse_name=warehouse_name,
    )
