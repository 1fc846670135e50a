"""Peer 2: the official SDK's server, stateless with JSON answers, over a psycopg pool."""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import jwt
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import AnyHttpUrl

from . import queries, settings
from .further_tools import further_tools
from .models import Contact, ContactPage, Limit, Line, Made, NewOrder, Order, Short

pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    settings.database_url(),
    min_size=settings.POOL_SIZE,
    max_size=settings.POOL_SIZE,
    open=False,
    kwargs={"autocommit": True, "row_factory": dict_row},
)


class Verifier:
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = settings.verify(token)
        except jwt.PyJWTError:
            return None
        return AccessToken(
            token=token,
            client_id=claims["sub"],
            scopes=claims["agent_scopes"],
            expires_at=claims["exp"],
            resource=None,
            subject=claims["sub"],
            claims=claims,
        )


@contextlib.asynccontextmanager
async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
    yield


server: MCPServer[None] = MCPServer(
    "Peer 2",
    token_verifier=Verifier(),
    auth=AuthSettings(issuer_url=AnyHttpUrl(settings.issuer()), resource_server_url=None, required_scopes=["read"]),
    log_level="WARNING",
)


class NotAllowedError(Exception):
    """The token does not hold the scope."""


def caller(scope: str) -> tuple[UUID, UUID]:
    token = get_access_token()
    if token is None or not token.claims or scope not in token.scopes:
        raise NotAllowedError(scope)
    return UUID(token.claims["organization_id"]), UUID(token.claims["sub"])


async def run(sql: str, **values: Any) -> list[Any]:
    values["organization_id"] = caller("write")[0]
    async with pool.connection() as connection:
        rows: list[Any] = await (await connection.execute(queries.pyformat(sql), values)).fetchall()
    return rows


LIST_CONTACTS, GET_CONTACT = queries.pyformat(queries.LIST_CONTACTS), queries.pyformat(queries.GET_CONTACT)


@server.tool()
async def list_contacts(limit: Limit = 25) -> ContactPage:
    """List contacts, newest first."""
    values = {"organization_id": caller("read")[0], "limit": limit}
    async with pool.connection() as connection:
        return ContactPage(data=await (await connection.execute(LIST_CONTACTS, values)).fetchall())


@server.tool()
async def get_contact(customer_id: UUID) -> Contact | None:
    """Get one contact with everything around it."""
    values = {"organization_id": caller("read")[0], "customer_id": customer_id}
    async with pool.connection() as connection:
        found = await (await connection.execute(GET_CONTACT, values)).fetchone()
    return Contact.model_validate(found) if found else None


@server.tool()
async def create_contact(
    first_name: Short | None = None,
    last_name: Short | None = None,
    phone: Short | None = None,
    email: Short | None = None,
    company: Short | None = None,
) -> Made:
    """Create a contact."""
    made = await run(
        queries.INSERT_CONTACT,
        first_name=first_name,
        last_name=last_name,
        phone=phone,
        email=email,
        company=company,
        notes=None,
    )
    return Made.model_validate(made[0])


@server.tool()
async def create_order(
    customer_id: UUID, items: list[Line], notes: str | None = None, idempotency_key: Short | None = None
) -> Order:
    """Create a pending order with its lines."""
    given = NewOrder(customer_id=customer_id, items=items, notes=notes, idempotency_key=idempotency_key)
    organization_id, principal_id = caller("write")
    key = {"organization_id": organization_id, "principal_id": principal_id, "key": given.idempotency_key}
    async with pool.connection() as connection, connection.transaction():
        kept = await (await connection.execute(queries.pyformat(queries.FIND_ANSWER), key)).fetchone()
        if kept:
            return Order.model_validate_json(kept["response"])
        order = await _insert_order(connection, organization_id, given)
        if given.idempotency_key:
            request_hash = hashlib.sha256(given.model_dump_json().encode()).hexdigest()
            answer = order.model_dump_json().encode()
            await connection.execute(
                queries.pyformat(queries.KEEP_ANSWER), {**key, "request_hash": request_hash, "response": answer}
            )
    return order


async def _insert_order(connection: Any, organization_id: UUID, given: NewOrder) -> Order:
    wanted = {"organization_id": organization_id, "skus": [line.sku for line in given.items]}
    found = await (await connection.execute(queries.pyformat(queries.LIST_ITEMS), wanted)).fetchall()
    items = {item["sku"]: item for item in found}
    values = given.model_dump(include={"customer_id", "notes", "payment_mode"})
    values["total_amount"] = sum(
        (items[line.sku]["selling_price"] * line.qty for line in given.items), start=Decimal(0)
    )
    values |= {"organization_id": organization_id, "currency": "EGP"}
    made = await (await connection.execute(queries.pyformat(queries.INSERT_ORDER), values)).fetchone()
    order = Order.model_validate(made)
    lines = [
        {**items[line.sku], "order_id": order.id, "item_id": items[line.sku]["id"], "qty": line.qty,
         "unit_price": items[line.sku]["selling_price"]}
        for line in given.items
    ]  # fmt: skip
    await connection.cursor().executemany(queries.pyformat(queries.INSERT_LINE), lines)
    return order


for tool in further_tools(run):
    server.tool()(tool)

served = server.streamable_http_app(streamable_http_path="/", json_response=True, stateless_http=True)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Open the pool in the event loop that serves."""
    if scope["type"] == "lifespan":
        await pool.open()
    await served(scope, receive, send)
