"""Items with their stock."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class ItemFilter(msgspec.Struct, frozen=True):
    """Conditions of a list; None is no condition."""

    search: str | None = None
    """A whole SKU, item number or barcode; lower case and Arabic digits are accepted."""
    sku: str | None = None
    category: str | None = None
    low_stock: bool | None = None
    is_active: bool | None = None


class ItemStock(msgspec.Struct, frozen=True):
    """An item with its stock over all warehouses, as lists show it; a field that the caller did not select is unset."""

    item_id: UUID
    created_at: datetime
    name: str | UnsetType = UNSET
    sku: str | UnsetType | None = UNSET
    item_no: str | UnsetType | None = UNSET
    category: str | UnsetType | None = UNSET
    unit: str | UnsetType = UNSET
    selling_price: Decimal | UnsetType | None = UNSET
    currency: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    available_quantity: int | UnsetType = UNSET
    min_stock_level: int | UnsetType = UNSET
    is_low: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class WarehouseStock(msgspec.Struct, frozen=True):
    warehouse_id: UUID
    name: str
    quantity: int
    reserved_quantity: int
    available_quantity: int


class StockCheck(msgspec.Struct, frozen=True):
    """One item by warehouse; its totals always cover all warehouses."""

    item_id: UUID
    name: str
    sku: str | None
    unit: str
    is_active: bool
    quantity: int
    reserved_quantity: int
    available_quantity: int
    min_stock_level: int
    is_low: bool
    warehouses: list[WarehouseStock]
