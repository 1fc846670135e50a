"""The tool that searches contacts, orders and items."""

from typing import Annotated, Literal

import msgspec
from pydantic import Field

from shared.domain.insights import service
from shared.domain.insights.models import Find
from shared.kernel.scalars import WHOLE
from shared.platform.mcp.registry import Arguments, ToolContext, tool

Kind = Literal["contact", "order", "item"]
KINDS: list[Kind] = ["contact", "order", "item"]


class Search(Arguments):
    query: Annotated[str, Field(min_length=1, max_length=200)]
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=3)] = KINDS
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 10


class Finds(msgspec.Struct, frozen=True):
    data: list[Find]


@tool(scope="read", title="Search")
async def nexus_search(context: ToolContext, arguments: Search) -> Finds:
    """Find contacts, orders and items by name, phone, email, order number, SKU or barcode; forgives typos."""
    return Finds(
        await service.search(context.tx, query=arguments.query, kinds=list(arguments.kinds), limit=arguments.limit)
    )
