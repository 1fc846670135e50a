"""The nine tools beyond list, get and the two creates, so that a peer's tools/list is as long as that of Nexus.

Each is a working tool over a statement; each peer runs the statement in its own way.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from . import queries
from .models import ChatPage, Finds, Limit, Made, OrderPage, OrderRow, Short, StockPage

Run = Callable[..., Awaitable[list[Any]]]
Status = Literal["pending", "confirmed", "fulfilling", "shipped", "delivered", "cancelled"]


def further_tools(run: Run) -> list[Callable[..., Awaitable[Any]]]:
    """Return the tools; `run(sql, **parameters)` returns the rows of the caller's organization as dicts."""
    return [*_contact_tools(run), *_order_tools(run), *_stock_tools(run), *_message_tools(run)]


def _contact_tools(run: Run) -> list[Callable[..., Awaitable[Any]]]:
    async def search(query: Short, limit: Limit = 10) -> Finds:
        """Find contacts by name."""
        return Finds(data=await run(queries.SEARCH, query=query, limit=limit))

    async def update_contact(  # noqa: PLR0917  a tool is called by name
        customer_id: UUID,
        first_name: Short | None = None,
        last_name: Short | None = None,
        email: Short | None = None,
        company: Short | None = None,
        notes: str | None = None,
    ) -> Made:
        """Change the fields given."""
        changed = await run(
            queries.UPDATE_CONTACT,
            customer_id=customer_id,
            first_name=first_name,
            last_name=last_name,
            email=email,
            company=company,
            notes=notes,
        )
        return Made.model_validate(changed[0])

    return [search, update_contact]


def _order_tools(run: Run) -> list[Callable[..., Awaitable[Any]]]:
    async def list_orders(
        order_status: Status | None = None, customer_id: UUID | None = None, limit: Limit = 25
    ) -> OrderPage:
        """List orders, newest first."""
        rows = await run(queries.LIST_ORDERS, order_status=order_status, customer_id=customer_id, limit=limit)
        return OrderPage(data=rows)

    async def get_order(order_number: Short) -> OrderRow:
        """Read one order."""
        return OrderRow.model_validate((await run(queries.GET_ORDER, order_number=order_number))[0])

    async def update_order_status(order_number: Short, order_status: Status) -> Made:
        """Move an order one step."""
        moved = await run(queries.MOVE_ORDER, order_number=order_number, order_status=order_status)
        return Made.model_validate(moved[0])

    return [list_orders, get_order, update_order_status]


def _stock_tools(run: Run) -> list[Callable[..., Awaitable[Any]]]:
    async def list_inventory(category: Short | None = None, limit: Limit = 25) -> StockPage:
        """List items with their stock."""
        return StockPage(data=await run(queries.LIST_STOCK, sku=None, category=category, limit=limit))

    async def check_stock(sku: Short) -> StockPage:
        """Check the stock of an item."""
        return StockPage(data=await run(queries.LIST_STOCK, sku=sku, category=None, limit=1))

    return [list_inventory, check_stock]


def _message_tools(run: Run) -> list[Callable[..., Awaitable[Any]]]:
    async def list_conversations(
        platform: Literal["whatsapp", "facebook", "instagram"] | None = None, limit: Limit = 25
    ) -> ChatPage:
        """List conversations, newest first."""
        return ChatPage(data=await run(queries.LIST_CHATS, platform=platform, limit=limit))

    async def send_message(chat_id: UUID, content: str) -> Made:
        """Queue a message to a conversation."""
        return Made.model_validate((await run(queries.QUEUE_MESSAGE, chat_id=chat_id, content=content))[0])

    return [list_conversations, send_message]
