"""The operations on SQLAlchemy's async engine over asyncpg, which peers 1 and 3 share."""

import hashlib
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from . import queries, settings
from .models import CompanyPage, Contact, ContactPage, KeyPage, Made, NewContact, NewOrder, Order, PlacedPage

JSON_COLUMNS = ("address", "metadata", "order_totals", "recent_orders", "conversations", "history")


@cache
def engine() -> AsyncEngine:
    url = settings.database_url().replace("postgresql://", "postgresql+asyncpg://", 1)
    return create_async_engine(url, pool_size=settings.POOL_SIZE, max_overflow=0)


@cache
def statement(sql: str) -> TextClause:
    return text(queries.colon(sql))


@cache
def placed_statement() -> Any:
    return statement(queries.LIST_PLACED).columns(customers=JSON)


@cache
def get_contact_statement() -> Any:
    return statement(queries.GET_CONTACT).columns(**dict.fromkeys(JSON_COLUMNS, JSONB))


async def run(sql: str, **values: Any) -> list[Any]:
    async with engine().begin() as connection:
        return await rows(connection, statement(sql), **values)


async def rows(connection: AsyncConnection, clause: Any, **values: Any) -> list[Any]:
    return [dict(row) for row in (await connection.execute(clause, values)).mappings()]


async def list_contacts(organization_id: UUID, *, limit: int) -> ContactPage:
    return ContactPage(data=await run(queries.LIST_CONTACTS, organization_id=organization_id, limit=limit))


async def list_companies(organization_id: UUID, *, limit: int) -> CompanyPage:
    return CompanyPage(data=await run(queries.LIST_COMPANIES, organization_id=organization_id, limit=limit))


async def list_placed(organization_id: UUID, *, limit: int) -> PlacedPage:
    async with engine().connect() as connection:
        found = await rows(connection, placed_statement(), organization_id=organization_id, limit=limit)
    return PlacedPage(data=found)


async def get_contact(organization_id: UUID, *, customer_id: UUID) -> Contact | None:
    async with engine().connect() as connection:
        found = await rows(
            connection, get_contact_statement(), organization_id=organization_id, customer_id=customer_id
        )
    return Contact.model_validate(found[0]) if found else None


async def list_keys(organization_id: UUID, *, limit: int) -> KeyPage:
    return KeyPage(data=await run(queries.LIST_KEYS, organization_id=organization_id, limit=limit))


async def create_contact(organization_id: UUID, given: NewContact) -> Made:
    made = await run(queries.INSERT_CONTACT, organization_id=organization_id, **given.model_dump())
    return Made.model_validate(made[0])


async def create_order(organization_id: UUID, principal_id: UUID, given: NewOrder) -> Order:
    """Insert the order, its lines and the kept answer in one transaction; triggers write the audit trail."""
    key = {"organization_id": organization_id, "principal_id": principal_id, "key": given.idempotency_key}
    async with engine().begin() as connection:
        if given.idempotency_key:
            kept = await rows(connection, statement(queries.FIND_ANSWER), **key)
            if kept:
                return Order.model_validate_json(kept[0]["response"])
        order = await _insert_order(connection, organization_id, given)
        if given.idempotency_key:
            request_hash = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
            answer = order.model_dump_json().encode()
            await connection.execute(
                statement(queries.KEEP_ANSWER), {**key, "request_hash": request_hash, "response": answer}
            )
        return order


async def _insert_order(connection: AsyncConnection, organization_id: UUID, given: NewOrder) -> Order:
    skus = [line.sku for line in given.items]
    found = await rows(connection, statement(queries.LIST_ITEMS), organization_id=organization_id, skus=skus)
    items = {item["sku"]: item for item in found}
    total = sum((items[line.sku]["selling_price"] * line.qty for line in given.items), start=Decimal(0))
    made = await rows(
        connection,
        statement(queries.INSERT_ORDER),
        organization_id=organization_id,
        customer_id=given.customer_id,
        currency="EGP",
        total_amount=total,
        notes=given.notes,
        payment_mode=given.payment_mode,
    )
    order = Order.model_validate(made[0])
    await connection.execute(
        statement(queries.INSERT_LINE),
        [
            {
                "order_id": order.id,
                "item_id": items[line.sku]["id"],
                "sku": line.sku,
                "name": items[line.sku]["name"],
                "barcode": items[line.sku]["barcode"],
                "qty": line.qty,
                "unit_price": items[line.sku]["selling_price"],
            }
            for line in given.items
        ],
    )
    return order
