"""A transaction of one tenant whose every byte to Postgres passes a proxy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from psycopg import conninfo
from pydantic import SecretStr

from shared.auth import tokens
from shared.runtime.postgres import leases, transaction
from shared.runtime.settings import settings
from shared.tenancy.transactions import tenant_tx
from tests.support.proxy import Proxy, proxied


@pytest.fixture
async def postgres(base_url, services, monkeypatch) -> AsyncIterator[Proxy]:
    """Yield the proxy before Postgres; the pool behind it has two connections, opened by the test."""
    parts = conninfo.conninfo_to_dict(services.database_url)
    async with proxied(str(parts["host"]), int(parts["port"] or 0)) as proxy:
        url = conninfo.make_conninfo(services.database_url, port=proxy.listens_on)
        chosen = replace(settings(), database_url=SecretStr(url), database_pool_size=2, database_timeout_s=2.0)
        monkeypatch.setattr(leases, "settings", lambda: chosen)
        await leases.close()  # Tests share an event loop, and one before may have opened its pool.
        yield proxy
        await leases.close()


@pytest.fixture
def tx(postgres, org) -> Callable[..., Any]:
    """Use as `async with tx() as t`: a transaction of the organization's owner, who may write."""

    @asynccontextmanager
    async def begin(*, read_only: bool = False, scope: str | None = "write") -> AsyncIterator[transaction.Tx]:
        principal = tokens.verify(org.owner.token)
        async with tenant_tx(principal, request_id="test", scope=scope, read_only=read_only) as opened:
            yield opened

    return begin


@pytest.fixture
def names(tenants, org) -> Callable[[], list[str]]:
    """Return the first names of the organization's contacts, as they are committed."""

    def look() -> list[str]:
        with tenants.database() as connection:
            rows = connection.execute(
                "SELECT first_name FROM customers WHERE organization_id = %s ORDER BY 1", [org.id]
            )
            return [name for (name,) in rows]

    return look
