"""Peer 1: FastMCP with SQLAlchemy async over asyncpg, tools behind a JWT check, stateless with JSON answers."""

from functools import partial
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token

from . import settings, sqlalchemy_store
from .further_tools import further_tools
from .models import Contact, ContactPage, Limit, Line, Made, NewContact, NewOrder, Order, Short

public_key = settings.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
verifier = JWTVerifier(public_key=public_key, issuer=settings.issuer(), audience=settings.AUDIENCE, algorithm="ES256")
server = FastMCP("Peer 1", auth=verifier)


class NotAllowedError(Exception):
    """The token does not hold the scope."""


def caller(scope: str) -> tuple[UUID, UUID]:
    token = get_access_token()
    if token is None or scope not in token.claims["agent_scopes"]:
        raise NotAllowedError(scope)
    return UUID(token.claims["organization_id"]), UUID(token.claims["sub"])


async def run(sql: str, **values: Any) -> list[Any]:
    return await sqlalchemy_store.run(sql, organization_id=caller("write")[0], **values)


@server.tool
async def list_contacts(limit: Limit = 25) -> ContactPage:
    """List contacts, newest first."""
    return await sqlalchemy_store.list_contacts(caller("read")[0], limit=limit)


@server.tool
async def get_contact(customer_id: UUID) -> Contact | None:
    """Get one contact with everything around it."""
    return await sqlalchemy_store.get_contact(caller("read")[0], customer_id=customer_id)


@server.tool
async def create_contact(
    first_name: Short | None = None,
    last_name: Short | None = None,
    phone: Short | None = None,
    email: Short | None = None,
    company: Short | None = None,
) -> Made:
    """Create a contact."""
    given = NewContact(first_name=first_name, last_name=last_name, phone=phone, email=email, company=company)
    return await sqlalchemy_store.create_contact(caller("write")[0], given)


@server.tool
async def create_order(
    customer_id: UUID, items: list[Line], notes: str | None = None, idempotency_key: Short | None = None
) -> Order:
    """Create a pending order with its lines."""
    given = NewOrder(customer_id=customer_id, items=items, notes=notes, idempotency_key=idempotency_key)
    return await sqlalchemy_store.create_order(*caller("write"), given)


for tool in further_tools(partial(run)):
    server.tool(tool)

app = server.http_app(path="/", json_response=True, stateless_http=True)
