"""A database of its own with a small library, and its schema cache."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from shared.platform.rest.catalog.load import Exchange, load
from shared.platform.rest.schema import Name, SchemaCache
from shared.runtime.postgres.connection import Connection

SCHEMA = Path(__file__).with_name("library.sql")


@pytest.fixture(scope="session")
def library_url(services) -> Iterator[str]:
    name = f"library_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = conninfo.make_conninfo(services.admin_url, dbname=name)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(SCHEMA.read_bytes())
        yield url
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def exchange(library_url) -> AsyncIterator[Exchange]:
    async with await Connection.connect(library_url, autocommit=True) as connection:
        yield lambda statements: connection.exchange(statements, timeout_s=30)


@pytest.fixture
async def library(exchange) -> SchemaCache:
    """As the schema `shelf` exposes it, with `tools` and `cellar` on the search path."""
    return await load(exchange, ["shelf"], ["tools", "cellar"])


@pytest.fixture
def shelf():
    """The name of something in the exposed schema."""
    return lambda name: Name("shelf", name)
