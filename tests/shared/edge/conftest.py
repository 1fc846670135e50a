"""A gateway whose every byte to Postgres and to the store passes a counting proxy."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from psycopg import conninfo

from infra.local.servers.services import Services
from tests.support.proxy import Proxy, proxied
from tests.support.serving import gateways


class Observed(NamedTuple):
    client: httpx.AsyncClient
    database: Proxy
    store: Proxy


@pytest.fixture
async def observed(services: Services, base_url: str) -> AsyncIterator[Observed]:
    postgres: dict[str, Any] = conninfo.conninfo_to_dict(services.database_url)
    store_port = urlsplit(services.store_url).port
    assert store_port
    async with proxied("127.0.0.1", int(postgres["port"])) as database, proxied("127.0.0.1", store_port) as store:
        through = {
            "NEXUS_DATABASE_URL": conninfo.make_conninfo(services.database_url, port=database.listens_on),
            "NEXUS_STORE_URL": services.store_url.replace(f":{store_port}", f":{store.listens_on}"),
        }
        with gateways(1, through) as (url,):
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                yield Observed(client, database, store)
