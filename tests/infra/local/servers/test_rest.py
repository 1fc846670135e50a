"""Any database over HTTP, by PostgREST's own settings."""

import os
import signal
import subprocess
import sys
import time

import httpx
import jwt
import psycopg
import pytest
from psycopg import conninfo

from infra.local.errors import LauncherError
from infra.local.servers.rest import RestServer
from infra.local.servers.rest_settings import foreign_database
from infra.local.settings import REPOSITORY
from tests.infra.local.servers.conftest import SECRET
from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@supports("Callers", "an anonymous role, roles of tokens, their claims and `app.settings.*` in the transaction")
async def test_the_token_says_the_role_and_the_database_sees_its_claims(library, keeper):
    visitor = (await library.get("/rpc/who")).json()
    assert (visitor["role"], visitor["claims"]) == ("library_visitor", {"role": "library_visitor"})
    assert visitor["branch"] == "Giza"
    told = (await library.get("/rpc/who", headers=keeper)).json()
    assert (told["role"], told["claims"]["role"]) == ("library_keeper", "library_keeper")


@supports("Callers", "what `ALTER ROLE … SET` says of the caller's role")
async def test_a_role_brings_its_own_settings(library, keeper):
    keeping, visiting = [(await library.get("/rpc/who", headers=headers)).json() for headers in (keeper, None)]
    assert (keeping["memory"], keeping["desk"]) == ("7MB", "front")
    assert visiting["memory"] != "7MB"
    assert visiting["desk"] in (None, "")


async def test_rows_are_read_and_embedded(library):
    answer = await library.get("/books", params={"select": "title,authors(name)", "id": "eq.1"})
    assert answer.status_code == 200
    assert answer.json() == [{"title": "Palace Walk", "authors": {"name": "Naguib Mahfouz"}}]
    assert answer.headers["Content-Location"] == "/books?id=eq.1&select=title%2Cauthors%28name%29"


async def test_a_forbidden_action_of_an_anonymous_caller_is_401(library, keeper):
    row = {"book_id": 1, "reader": "Amal"}
    refused = await library.post("/loans", json=row)
    assert (refused.status_code, refused.json()["code"]) == (401, "42501")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert (await library.post("/loans", json=row, headers=keeper)).status_code == 201


async def test_401_without_a_token_and_an_anonymous_role(serving):
    async with serving(PGRST_DB_ANON_ROLE="") as client:
        refused = await client.get("/books")
    assert (refused.status_code, refused.json()["code"]) == (401, "PGRST302")


async def test_without_a_secret_tokens_cannot_be_read(serving, keeper):
    async with serving(PGRST_JWT_SECRET="") as client:
        refused = await client.get("/books", headers=keeper)
    assert (refused.status_code, refused.json()["code"]) == (500, "PGRST300")


@supports("Callers", "the role anywhere in the claims (`PGRST_JWT_ROLE_CLAIM_KEY`)")
async def test_the_role_may_stand_anywhere_in_the_claims(serving):
    token = jwt.encode({"app": {"my roles": ["x", "library_keeper"]}}, SECRET, "HS256")
    async with serving(PGRST_JWT_ROLE_CLAIM_KEY='.app."my roles"[1]') as client:
        told = (await client.get("/rpc/who", headers={"Authorization": f"Bearer {token}"})).json()
    assert told["role"] == "library_keeper"


async def test_a_role_that_is_not_there_is_refused(library):
    token = jwt.encode({"role": "ghost"}, SECRET, "HS256")
    refused = await library.get("/books", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "22023")


async def test_a_database_that_never_answered_leaves_no_schema_cache(serving, environment):
    away = environment["PGRST_DB_URI"].replace("library_login", "nobody_login")
    async with serving(PGRST_DB_URI=away, PGRST_DB_POOL_ACQUISITION_TIMEOUT="1") as client:
        refused = await client.get("/books")
    assert (refused.status_code, refused.json()["code"]) == (503, "PGRST002")


@supports("Refusals", "a database that is away, or whose connections are all in use: 503, 504")
async def test_an_outage_of_the_database_and_its_end_are_logged(serving, services, library_url):
    name = conninfo.conninfo_to_dict(library_url)["dbname"]
    async with serving(PGRST_DB_POOL_ACQUISITION_TIMEOUT="1") as client:
        assert (await client.get("/books")).status_code == 200
        with psycopg.connect(services.admin_url, autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
            away = await client.get("/books")
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert (away.status_code, away.json()["code"]) == (503, "PGRST000")
        assert (away.headers["Retry-After"], away.json()["details"]) == ("2", None)
        tries = [await client.get("/books") for _ in range(5)]
    assert tries[-1].status_code == 200


async def test_when_all_connections_are_in_use_the_wait_ends(environment):
    scarce = {"PGRST_DB_POOL": "1", "PGRST_DB_POOL_ACQUISITION_TIMEOUT": "1", "PGRST_DB_CHANNEL_ENABLED": "false"}
    server = RestServer(foreign_database({**environment, **scarce}))
    transport = httpx.ASGITransport(server.app)
    async with server.serving(), httpx.AsyncClient(transport=transport, base_url="http://library") as client:
        assert (await client.get("/books")).status_code == 200
        async with server.connection():
            refused = await client.get("/books")
        assert (refused.status_code, refused.json()["code"]) == (504, "PGRST003")
        assert (await client.get("/books")).status_code == 200


@supports("Transactions", "every request ending in a rollback (`PGRST_DB_TX_END`), and `Prefer: tx=commit` against it")
async def test_a_server_may_roll_everything_back(library, keeper):
    row = {"id": 9, "title": "Trial", "author_id": 1}
    assert (await library.post("/books", json=row, headers=keeper)).status_code == 201
    assert (await library.get("/books?id=eq.9")).json() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGRST_DB_MAX_ROWS", "many"),
        ("PGRST_DB_TX_END", "sometimes"),
        ("PGRST_OPENAPI_MODE", "open"),
        ("PGRST_DB_AGGREGATES_ENABLED", "perhaps"),
        ("PGRST_JWT_SECRET", "short"),
        ("PGRST_JWT_SECRET", "@/no/such/file"),
        ("PGRST_JWT_SECRET", '{"kty":"none"}'),
        ("PGRST_JWT_ROLE_CLAIM_KEY", "role"),
    ],
)
async def test_a_setting_that_makes_no_sense_is_named_at_the_start(environment, name, value):
    with pytest.raises(LauncherError, match="PGRST_"):
        RestServer(foreign_database({**environment, name: value}))


@pytest.fixture
def process(environment, free_port):
    """`nexus rest` as a process of its own, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "infra.local", "rest", "--port", str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, **environment}) as running:
        yield running, f"http://127.0.0.1:{port}"
        running.terminate()


def eventually(url: str, text: str) -> str:
    """Return the answer, once it has that text."""
    until = time.monotonic() + 30
    while True:
        try:
            answer = httpx.get(url).text
            if text in answer or time.monotonic() > until:
                return answer
        except httpx.TransportError:
            assert time.monotonic() < until, "nexus rest did not start"
        time.sleep(0.05)


def test_the_command_serves_and_learns_of_new_tables(process, services, library_url):
    running, url = process
    assert eventually(f"{url}/books?select=id&id=eq.2", "[") == '[{"id":2}]'
    owner = conninfo.make_conninfo(services.admin_url, dbname=conninfo.conninfo_to_dict(library_url)["dbname"])
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE library.shelves AS SELECT 1 AS id")
        connection.execute("GRANT SELECT ON library.shelves TO library_visitor; NOTIFY pgrst, 'reload schema'")
        assert eventually(f"{url}/shelves", "[") == '[{"id":1}]'
        connection.execute("DROP TABLE library.shelves")
    running.send_signal(signal.SIGUSR1)
    assert "PGRST205" in eventually(f"{url}/shelves", "PGRST205")
