"""Tools over items and their stock."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.domain.inventory import service
from shared.domain.inventory.models import ItemFilter, ItemStock, StockCheck
from shared.kernel.scalars import FLAG
from shared.kernel.structs import fields_of
from shared.platform.mcp.lists import ListArguments, Listing, fit_page
from shared.platform.mcp.registry import Arguments, ToolContext, tool

Code = Annotated[str, Field(min_length=1, max_length=100)]


class InventoryList(Listing[ItemStock], frozen=True):
    pass


class ListInventory(ListArguments):
    sku: Code | None = None
    category: Code | None = None
    low_stock: Annotated[bool | None, FLAG] = Field(default=None, description="available <= min_stock_level")
    search: Code | None = Field(default=None, description="A whole SKU, item_no or barcode; words: nexus_search")
    is_active: Annotated[bool | None, FLAG] = None
    fields: (
        list[
            Literal[
                "name",
                "sku",
                "item_no",
                "category",
                "unit",
                "selling_price",
                "currency",
                "quantity",
                "available_quantity",
                "min_stock_level",
                "is_low",
                "is_active",
            ]
        ]
        | None
    ) = Field(default=None, description="Only these")


@tool(scope="read", title="List inventory")
async def nexus_list_inventory(context: ToolContext, arguments: ListInventory) -> InventoryList:
    """List items with their price and stock over all warehouses, newest first."""
    filters = ItemFilter(**fields_of(ItemFilter, arguments))
    page = await service.list_inventory(context.tx, filters=filters, cursor=arguments.cursor, limit=arguments.limit)
    return fit_page(InventoryList, page, fields=arguments.fields, cursor_of=service.cursor_of)


class CheckStock(Arguments):
    item_id: UUID | None = None
    sku: Code | None = None
    warehouse: Annotated[str | None, Field(min_length=1, max_length=200)] = Field(
        default=None, description="UUID or name"
    )

    @model_validator(mode="after")
    def _one_reference(self) -> Self:
        if (self.item_id is None) == (self.sku is None):
            raise ValueError("send one of item_id and sku")
        return self


@tool(scope="read", title="Check stock")
async def nexus_check_stock(context: ToolContext, arguments: CheckStock) -> StockCheck:
    """Check one item's stock (by item_id or sku) in each warehouse, with totals; available = on hand - reserved."""
    return await service.check_stock(
        context.tx, item_id=arguments.item_id, sku=arguments.sku, warehouse=_id_or_name(arguments.warehouse)
    )


def _id_or_name(warehouse: str | None) -> UUID | str | None:
    if warehouse is None:
        return None
    try:
        return UUID(warehouse)
    except ValueError:
        return warehouse
