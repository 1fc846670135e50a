"""A real Postgres, a real Valkey and the gateway on loopback for the whole run; two tenants for whoever asks."""

import os
import secrets
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn

from infra.local.servers.services import Services, attached_services, embedded_services
from infra.local.simulators.graph.server import Simulator
from shared.auth import tokens
from shared.auth.service import close_scopes
from shared.runtime.postgres import leases, transaction
from shared.tenancy.principal import ANONYMOUS
from shared.tenancy.transactions import tenant_tx
from tests.support.graph import APP_SECRET, OTHER_APP_SECRET, VERIFY_TOKEN, Graph, serving

pytest_plugins = ("tests.support.channels", "tests.support.keys", "tests.support.people", "tests.support.shop")

ADDRESS = "127.0.0.1"
TOKEN_LIFETIME_S = 3600
"""Longer than all tests take: some keep one caller for the whole run."""


@dataclass(frozen=True)
class Caller:
    """Somebody with a token."""

    token: str
    id: uuid.UUID
    key_id: uuid.UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Org:
    """A tenant: an owner, and whoever `make` adds."""

    id: uuid.UUID
    plan: str
    owner: Caller
    make: "Tenants"

    def agent(self, *scopes: str) -> Caller:
        return self.make.agent(self, list(scopes) or ["read", "write", "admin"])

    def person(self, role: str) -> Caller:
        return self.make.person(self.id, role)


class Tenants:
    """Makes tenants straight in the database: what a test is not about costs it no request."""

    def __init__(self, services: Services) -> None:
        self._admin_url = services.admin_url

    def org(self, plan: str = "growth", **columns: Any) -> Org:
        org_id = uuid.uuid4()
        values = {"country": "EG", "currency": "EGP", "timezone": "Africa/Cairo", **columns}
        with self.database() as connection:
            connection.execute(
                "INSERT INTO organizations (id, name, plan_code, country, currency, timezone)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (org_id, f"Shop {org_id.hex[:6]}", plan, values["country"], values["currency"], values["timezone"]),
            )
        return Org(org_id, plan, self.person(org_id, "owner"), self)

    def person(self, org_id: uuid.UUID | None, role: str = "member") -> Caller:
        with self.database() as connection:
            user = connection.execute(
                "INSERT INTO auth.users (email) VALUES (%s) RETURNING id", (f"{uuid.uuid4().hex}@example.com",)
            ).fetchone()
            assert user
            if org_id:
                connection.execute("INSERT INTO organization_members VALUES (%s, %s, %s)", (org_id, user[0], role))
        metadata = {"organization_id": str(org_id), "org_role": role} if org_id else {}
        claims = {"sub": str(user[0]), "role": "authenticated", "app_metadata": metadata}
        if org_id:
            claims["organization_timezone"] = "Africa/Cairo"
        return Caller(tokens.mint(claims, ttl_s=TOKEN_LIFETIME_S), user[0])

    def agent(self, org: Org, scopes: list[str]) -> Caller:
        held = close_scopes(scopes)
        prefix = "nxs_ak_" + uuid.uuid4().hex[:8]
        with self.database() as connection:
            row = connection.execute(
                """
                WITH agent AS (
                  INSERT INTO agent_accounts (organization_id, user_id, name, platform)
                  VALUES (%(org)s, app.create_agent_user('Agent', %(org)s), 'Agent', 'tests')
                  RETURNING id, user_id
                )
                INSERT INTO agent_api_keys (organization_id, agent_id, name, prefix, key_hash, scopes)
                SELECT %(org)s, agent.id, 'key', %(prefix)s, 'none', %(scopes)s FROM agent
                RETURNING id, (SELECT user_id FROM agent)
                """,
                {"org": org.id, "prefix": prefix, "scopes": held},
            ).fetchone()
        assert row
        claims = {
            "sub": str(row[1]),
            "role": "authenticated",
            "jti": uuid.uuid4().hex,
            "organization_id": str(org.id),
            "org_role": "agent",
            "agent_scopes": held,
            "key_id": str(row[0]),
            "organization_timezone": "Africa/Cairo",
            "app_metadata": {"organization_id": str(org.id), "org_role": "agent"},
        }
        return Caller(tokens.mint(claims, ttl_s=TOKEN_LIFETIME_S), row[1], row[0])

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect as the owner of the schema, to prepare and to inspect rows; never for what a test is about."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            yield connection


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    def choose() -> int:
        with socket.socket() as probe:
            probe.bind((ADDRESS, 0))
            port: int = probe.getsockname()[1]
            return port

    return choose


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Servers of this run's own, or those that already run on the directory that NEXUS_TEST_SERVICES names."""
    if directory := os.environ.get("NEXUS_TEST_SERVICES"):
        yield attached_services(Path(directory))
        return
    with embedded_services(tmp_path_factory.mktemp("nexus")) as running:
        yield running


@pytest.fixture(scope="session")
def gateway_port(free_port: Callable[[], int]) -> int:
    return free_port()


@pytest.fixture(scope="session")
def simulator(gateway_port: int, free_port: Callable[[], int]) -> Iterator[Simulator]:
    """Run a simulated Meta for all tests; it delivers nothing by itself."""
    webhook_url = f"http://{ADDRESS}:{gateway_port}/functions/v1/meta-webhook"
    with serving(Simulator(port=free_port(), webhook_url=webhook_url, app_secret=APP_SECRET)) as running:
        yield running


@pytest.fixture
def graph(simulator: Simulator, base_url: str) -> Iterator[Graph]:
    meta = Graph(simulator)
    yield meta
    meta.reset()


@pytest.fixture(scope="session")
def base_url(services: Services, gateway_port: int, simulator: Simulator) -> Iterator[str]:
    """Serve the gateway by uvicorn in a thread of its own; yield its URL."""
    port = gateway_port
    url = f"http://{ADDRESS}:{port}"
    chosen = {
        **services.environment(url),
        "NEXUS_GRAPH_URL": simulator.base_url,
        "NEXUS_INSTAGRAM_GRAPH_URL": simulator.base_url,
        "NEXUS_GRAPH_TIMEOUT_S": "2",
        "NEXUS_META_APP_ID": "1234567890",
        "NEXUS_META_APP_SECRETS": f"{APP_SECRET},{OTHER_APP_SECRET}",
        "NEXUS_META_VERIFY_TOKEN": VERIFY_TOKEN,
        "NEXUS_TRUSTED_PROXIES": "1",
        "NEXUS_BCRYPT_COST": "4",
        "NEXUS_MAILS_PER_HOUR": "100000",
        "NEXUS_LOG_LEVEL": "error",
        # A busy machine is no store that is away.
        "NEXUS_STORE_TIMEOUT_S": "2",
        "NEXUS_REST_STATEMENT_S": "10",
    }
    os.environ.update(chosen)
    server = uvicorn.Server(
        uvicorn.Config("infra.local.gateway:app", host=ADDRESS, port=port, log_level="warning", proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the gateway did not start"
        time.sleep(0.01)
    yield url
    server.should_exit = True
    thread.join()
    for name in chosen:
        del os.environ[name]


@pytest.fixture
def tenants(services: Services, base_url: str) -> Tenants:
    """Return what makes tenants; needs the gateway too, because minting a token reads its settings."""
    return Tenants(services)


@pytest.fixture
def org(tenants: Tenants) -> Org:
    return tenants.org()


@pytest.fixture
def other_org(tenants: Tenants) -> Org:
    return tenants.org()


@pytest.fixture
def no_media_due(tenants: Tenants) -> None:
    """Put off the downloads that other tests left: they would take the time of the job, and Meta has no answer."""
    with tenants.database() as database:
        database.execute("UPDATE media_tasks SET available_at = '2200-01-01'")


@pytest.fixture
def address() -> str:
    """Return a client address of the test's own, so that limits by address start afresh."""
    return ".".join(str(secrets.randbelow(254) + 1) for _ in range(4))


@pytest.fixture
async def http(base_url: str, address: str) -> AsyncIterator[httpx.AsyncClient]:
    # Plain HTTP on loopback: reading the certificate store would cost every test 30 ms.
    sent = {"X-Forwarded-For": address}
    async with httpx.AsyncClient(base_url=base_url, headers=sent, timeout=30, verify=False) as client:  # noqa: S501
        yield client


@pytest.fixture
def call(http: httpx.AsyncClient) -> Callable[..., Any]:
    """Request a function: `await call("agent-usage", as_=org.owner, method="GET")`."""

    async def send(
        function: str,
        *,
        as_: Caller | None = None,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        **kw: Any,
    ) -> httpx.Response:
        sent = {**(as_.headers if as_ else {}), **(headers or {})}
        return await http.request(method, f"/functions/v1/{function}", headers=sent, **kw)

    return send


@pytest.fixture
def rpc(http: httpx.AsyncClient) -> Callable[..., Any]:
    """Send a JSON-RPC request in the documented 2025-03-26 form; return the response."""

    async def send(method: str, params: dict[str, Any] | None = None, *, as_: Caller | None = None) -> httpx.Response:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        headers = {"Accept": "application/json, text/event-stream", **(as_.headers if as_ else {})}
        return await http.post("/functions/v1/mcp-server", json=message, headers=headers)

    return send


@pytest.fixture
def mcp(rpc: Callable[..., Any]) -> Callable[..., Any]:
    """Use a tool: `await mcp("nexus_get_contact", {"id": ...}, as_=agent)`: its result, and `is_error`."""

    async def use(tool: str, arguments: dict[str, Any] | None = None, *, as_: Caller) -> dict[str, Any]:
        response = await rpc("tools/call", {"name": tool, "arguments": arguments or {}}, as_=as_)
        assert response.status_code == 200, response.text
        result: dict[str, Any] = response.json()["result"]
        return {**result["structuredContent"], "is_error": result.get("isError", False)}

    return use


@pytest.fixture
def tx_as(tenants: Tenants) -> Callable[..., Any]:
    """Open a transaction exactly as a function does: `async with tx_as(caller, scope="read") as tx`."""

    @asynccontextmanager
    async def open_as(
        caller: Caller | None, *, scope: str | None = None, read_only: bool = False
    ) -> AsyncIterator[transaction.Tx]:
        principal = tokens.verify(caller.token) if caller else ANONYMOUS
        try:
            async with tenant_tx(principal, request_id="test", scope=scope, read_only=read_only) as tx:
                yield tx
        finally:
            await leases.close()

    return open_as
