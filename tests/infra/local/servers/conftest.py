"""`nexus rest` over a library that knows nothing of Nexus."""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from psycopg import conninfo, sql

from infra.local.servers.rest import RestServer
from infra.local.servers.rest_settings import foreign_database

SCHEMA = Path(__file__).with_name("library.sql")
SECRET = "a secret of the library, long enough"


@pytest.fixture(scope="session")
def library_url(services) -> Iterator[str]:
    """As its login role."""
    name = f"library_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        owner = conninfo.make_conninfo(services.admin_url, dbname=name)
        with psycopg.connect(owner, autocommit=True) as database:
            database.execute(SCHEMA.read_bytes())
        yield conninfo.make_conninfo(owner, user="library_login", password="library")
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute("DROP ROLE library_visitor, library_keeper, library_login")


@pytest.fixture
def environment(library_url) -> dict[str, str]:
    return {
        "PGRST_DB_URI": library_url,
        "PGRST_DB_SCHEMAS": "library, desk",
        "PGRST_DB_ANON_ROLE": "library_visitor",
        "PGRST_DB_TX_END": "rollback-allow-override",
        "PGRST_JWT_SECRET": SECRET,
        "PGRST_APP_SETTINGS_BRANCH": "Giza",
    }


@pytest.fixture
def serving(environment) -> Callable[..., Any]:
    """Provide `async with serving(PGRST_…="…") as client`: an HTTP client of a server with these settings changed."""

    @asynccontextmanager
    async def served(**changed: str) -> AsyncIterator[httpx.AsyncClient]:
        server = RestServer(foreign_database({**environment, **changed}))
        async with (
            server.serving(),
            httpx.AsyncClient(transport=httpx.ASGITransport(server.app), base_url="http://library") as client,
        ):
            yield client

    return served


@pytest.fixture
async def library(serving) -> AsyncIterator[httpx.AsyncClient]:
    async with serving() as client:
        yield client


@pytest.fixture(scope="session")
def keeper() -> dict[str, str]:
    """Return headers of somebody who may write."""
    claims = {"role": "library_keeper", "exp": int(time.time()) + 600}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}
