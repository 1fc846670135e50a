"""Peer 3: FastAPI with SQLAlchemy async over asyncpg, the same operations as HTTP endpoints behind a JWT check."""

from typing import Annotated, NamedTuple
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from . import settings, sqlalchemy_store
from .models import CompanyPage, Contact, ContactPage, KeyPage, Limit, Made, NewContact, NewOrder, Order, PlacedPage

app = FastAPI(title="Peer 3")


class Caller(NamedTuple):
    organization_id: UUID
    id: UUID
    scopes: list[str]


async def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Caller:
    try:
        claims = settings.verify(credentials.credentials)
    except jwt.PyJWTError as fault:
        raise HTTPException(401, "invalid token") from fault
    return Caller(UUID(claims["organization_id"]), UUID(claims["sub"]), claims["agent_scopes"])


async def writer(reading: Annotated[Caller, Depends(caller)]) -> Caller:
    if "write" not in reading.scopes:
        raise HTTPException(403, "the token does not hold write")
    return reading


Reader = Annotated[Caller, Depends(caller)]
Writer = Annotated[Caller, Depends(writer)]


@app.get("/contacts")
async def list_contacts(asking: Reader, limit: Limit = 25) -> ContactPage:
    return await sqlalchemy_store.list_contacts(asking.organization_id, limit=limit)


@app.get("/companies")
async def list_companies(asking: Reader, limit: Limit = 25) -> CompanyPage:
    return await sqlalchemy_store.list_companies(asking.organization_id, limit=limit)


@app.get("/orders")
async def list_placed(asking: Reader, limit: Limit = 25) -> PlacedPage:
    return await sqlalchemy_store.list_placed(asking.organization_id, limit=limit)


@app.get("/contacts/{customer_id}")
async def get_contact(asking: Reader, customer_id: UUID) -> Contact:
    found = await sqlalchemy_store.get_contact(asking.organization_id, customer_id=customer_id)
    if found is None:
        raise HTTPException(404, "no such contact")
    return found


@app.post("/contacts")
async def create_contact(asking: Writer, given: NewContact) -> Made:
    return await sqlalchemy_store.create_contact(asking.organization_id, given)


@app.post("/orders")
async def create_order(asking: Writer, given: NewOrder) -> Order:
    return await sqlalchemy_store.create_order(asking.organization_id, asking.id, given)


@app.get("/keys")
async def list_keys(asking: Reader, limit: Limit = 25) -> KeyPage:
    return await sqlalchemy_store.list_keys(asking.organization_id, limit=limit)
