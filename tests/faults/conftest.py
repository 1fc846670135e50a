"""A Postgres, a Valkey and a gateway of these tests' own, which they may kill; keys and issuer are the whole run's."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import conninfo

from infra.local.servers.services import Parts, prepare
from infra.local.settings import LocalSettings
from tests.conftest import Caller, Tenants
from tests.support.proxy import Proxy, proxied
from tests.support.serving import ROOT, free_port, gateways

TIMEOUT_S = 2
"""How long the gateways here wait for a connection to Postgres."""


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory, base_url: str) -> Iterator[Parts]:
    own = Parts(prepare(tmp_path_factory.mktemp("faults")), LocalSettings.model_construct(), fast=True)
    try:
        own.launch()
        own.wait()
        with own.outlived():
            own.migrate()
            with psycopg.connect(own.services.admin_url, autocommit=True) as database:
                # What a throwaway server saves on: here a commit that was acknowledged has to outlive a crash.
                database.execute("ALTER DATABASE nexus SET synchronous_commit = on")
            yield own
    finally:
        own.stop()
        own.remove()


@pytest.fixture(scope="session")
def environment(parts: Parts) -> dict[str, str]:
    """For a gateway on the parts that may be killed."""
    return {
        "NEXUS_DATABASE_URL": parts.services.database_url,
        "NEXUS_STORE_URL": parts.services.store_url,
        "NEXUS_STORE_TIMEOUT_S": "0.2",
        "NEXUS_DATABASE_TIMEOUT_S": str(TIMEOUT_S),
    }


@pytest.fixture(scope="session")
def mortal_url(environment: dict[str, str]) -> Iterator[str]:
    with gateways(1, environment) as (url,):
        yield url


@pytest.fixture
def mortals(parts: Parts) -> Tenants:
    return Tenants(parts.services)


@pytest.fixture
async def client(mortal_url: str, address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=mortal_url, timeout=30, headers={"X-Forwarded-For": address}) as opened:
        yield opened


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Callable[..., Any]:
    """Read once as the caller."""

    async def read(as_: Caller) -> httpx.Response:
        return await client.get("/functions/v1/agent-usage", headers=as_.headers)

    return read


@pytest.fixture
def behind_proxies(environment: dict[str, str], parts: Parts) -> Callable[..., Any]:
    """Put proxies between a gateway and Postgres and the store: `async with ... as (url, db, store)`."""

    @asynccontextmanager
    async def serve(stdout: Any = subprocess.DEVNULL, **more: str) -> AsyncIterator[tuple[str, Proxy, Proxy]]:
        assert parts.postgres
        assert parts.valkey
        async with (
            proxied("127.0.0.1", parts.postgres.port) as database,
            proxied("127.0.0.1", parts.valkey.port) as store,
        ):
            through = {
                "NEXUS_DATABASE_URL": conninfo.make_conninfo(
                    environment["NEXUS_DATABASE_URL"], port=database.listens_on
                ),
                "NEXUS_STORE_URL": environment["NEXUS_STORE_URL"].replace(
                    f":{parts.valkey.port}", f":{store.listens_on}"
                ),
            }
            with gateways(1, {**os.environ, **environment, **through, **more}, stdout=stdout) as (url,):
                yield url, database, store

    return serve


class Gateway:
    """One process at a time: `kill` ends it as nothing else does, `start` begins the next at the same address."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "uvicorn",
                "infra.local.gateway:app",
                f"--port={self._port}",
                "--log-level=critical",
            ],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def gateway(environment: dict[str, str]) -> Iterator[Gateway]:
    """Waits for an answer of Meta for longer than it lives."""
    running = Gateway({**environment, "NEXUS_GRAPH_TIMEOUT_S": "20"})
    running.start()
    yield running
    running.kill()
