"""Parts die while the gateway serves: what callers are told, what goes on, and what is there afterwards."""

import asyncio
import contextlib
import os
import signal
import time
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def org(mortals):
    return mortals.org()


@pytest.fixture
def backends(mortals):
    """Return the process ids of the functions' connections."""

    def look() -> list[int]:
        with mortals.database() as database:
            rows = database.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'authenticator'")
            return [pid for (pid,) in rows]

    return look


@pytest.fixture
def without_store(parts):
    """Kill the store for the length of the test."""
    os.kill(parts.valkey.pid, signal.SIGKILL)
    while parts.valkey.answers():
        time.sleep(0.01)
    yield
    parts.revive()


async def test_reads_go_on_when_every_connection_was_killed(ask, org, backends, mortals):
    await asyncio.gather(*(ask(org.owner) for _ in range(12)))
    assert len(backends()) > 1
    with mortals.database() as database:
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'authenticator'")
    answers = await asyncio.gather(*(ask(org.owner) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {200}


async def test_service_recovers_soon_after_postgres_restarts_all_backends(ask, org, backends):
    await ask(org.owner)
    killed = backends()[0]
    os.kill(killed, signal.SIGKILL)
    with suppress(ProcessLookupError):
        while True:  # until the postmaster has noticed and ends the others too
            os.kill(killed, 0)
    told = set()
    async with asyncio.timeout(60):  # rather than for ever
        while (answer := await ask(org.owner)).status_code != 200:
            told.add(answer.json()["error"])
            await asyncio.sleep(0.05)
    assert told <= {"unavailable"}


async def test_an_outage_is_over_for_callers_when_it_is_over(ask, org, parts):
    await ask(org.owner)
    parts.postgres.stop()
    ends = time.monotonic() + 7.5
    while time.monotonic() < ends:
        assert (await ask(org.owner)).status_code == 503
        await asyncio.sleep(0.2)  # They are told at once, and 100 a minute may ask.
    parts.postgres.launch()
    parts.postgres.wait()
    async with asyncio.timeout(60):  # rather than for ever
        while (await ask(org.owner)).status_code != 200:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.2)


async def test_503_with_retry_after_while_postgres_is_away_and_200_when_it_is_back(ask, org, parts):
    await ask(org.owner)
    parts.postgres.stop()
    answers = await asyncio.gather(*(ask(org.owner) for _ in range(4)))
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {(503, "unavailable")}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    parts.postgres.launch()
    parts.postgres.wait()
    async with asyncio.timeout(5):  # It is looked for once a second.
        while (await ask(org.owner)).status_code != 200:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.1)


async def test_limits_go_on_from_where_they_were_when_the_store_dies(ask, org, parts):
    agent = org.agent("read")
    before = [await ask(agent) for _ in range(60)]
    assert not any("Nexus-Degraded" in answer.headers for answer in before)
    os.kill(parts.valkey.pid, signal.SIGKILL)
    try:
        after = [await ask(agent) for _ in range(60)]
    finally:
        parts.revive()
    allowed = sum(answer.status_code == 200 for answer in (*before, *after))
    # The clock's minute may end in between, and then 100 more are allowed.
    assert allowed == 100 or int(before[0].headers["RateLimit"].split("t=")[1]) < 5
    assert all(answer.headers["Nexus-Degraded"] == "rate-limit" for answer in after)


async def test_no_door_is_unlimited_without_the_store(client, without_store):
    raw = "nxs_ak_" + "A" * 48
    answers = [await client.post("/functions/v1/agent-auth", json={"api_key": raw}) for _ in range(14)]
    assert [answer.status_code for answer in answers].count(401) == 10
    assert answers[-1].status_code == 429


async def test_the_header_goes_when_the_store_is_back(ask, org, parts):
    os.kill(parts.valkey.pid, signal.SIGKILL)
    agent = org.agent("read")
    while "Nexus-Degraded" not in (await ask(agent)).headers:
        pass
    parts.revive()
    for _ in range(300):
        if "Nexus-Degraded" not in (await ask(org.agent("read"))).headers:
            return
        await asyncio.sleep(0.1)
    pytest.fail("the store is back, and every answer still says that it is away")


async def test_a_silent_store_is_not_waited_for_beyond_its_budget(behind_proxies, org):
    async with behind_proxies() as (url, _, store), httpx.AsyncClient(base_url=url, timeout=30) as client:
        await client.get("/functions/v1/agent-usage", headers=org.owner.headers)
        with store.silent():
            answer = await client.get("/functions/v1/agent-usage", headers=org.owner.headers)
        assert (answer.status_code, answer.headers["Nexus-Degraded"]) == (200, "rate-limit")


async def test_callers_who_hang_up_leave_nothing_behind(ask, org, mortal_url, mortals):
    where = urlsplit(mortal_url)
    head = f"GET /functions/v1/agent-usage HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {org.owner.token}\r\n\r\n"
    body = head.replace("GET /functions/v1/agent-usage", "POST /functions/v1/organization-create").replace(
        "\r\n\r\n", '\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"name": "Half'
    )
    for number in range(60):
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write((body if number % 3 == 0 else head).encode())
        await writer.drain()
        await asyncio.sleep(0.001 * (number % 5))
        writer.transport.abort()
    agent = org.agent("read")
    answers = await asyncio.gather(*(ask(agent) for _ in range(24)))
    assert {answer.status_code for answer in answers} == {200}
    with mortals.database() as database:
        left = database.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'authenticator' AND state LIKE 'idle in%'"
        ).fetchone()
    assert left == (0,)


async def test_a_write_retried_with_its_key_has_one_effect(behind_proxies, org, mortals):
    agents = [org.agent("write") for _ in range(4)]
    cuts = range(1, 1800, 45)
    async with behind_proxies() as (url, database, _), httpx.AsyncClient(base_url=url, timeout=30) as client:
        for number, byte in enumerate(cuts):
            arguments = {"first_name": f"cut {byte}", "idempotency_key": f"cut-{byte}"}
            message = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "tools/call",
                "params": {"name": "nexus_create_contact", "arguments": arguments},
            }
            headers = {**agents[number % 4].headers, "Accept": "application/json, text/event-stream"}
            database.cut_after = byte
            for _ in range(5):
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.post("/functions/v1/mcp-server", json=message, headers=headers)
                    if answer.status_code == 200 and not answer.json()["result"].get("isError"):
                        break
                await asyncio.sleep(0.02)
            else:
                pytest.fail(f"cut at byte {byte}: {answer.text}")
            database.cut_after = None
    with mortals.database() as rows:
        made = rows.execute(
            "SELECT first_name, count(*) FROM customers WHERE organization_id = %s GROUP BY 1", [org.id]
        ).fetchall()
        trail = rows.execute(
            "SELECT count(*) FROM audit_events WHERE organization_id = %s AND action = 'customers.insert'", [org.id]
        ).fetchone()
    assert sorted(made) == sorted((f"cut {byte}", 1) for byte in cuts)
    assert trail == (len(cuts),)


async def test_a_retried_row_is_written_once_wherever_the_answer_was_cut(behind_proxies, org, mortals, services):
    agents = [org.agent("write") for _ in range(4)]
    cuts = range(1, 1400, 70)
    publishable = {"apikey": services.secrets.publishable_key}
    async with behind_proxies() as (url, database, _), httpx.AsyncClient(base_url=url, timeout=30) as client:
        await client.get("/rest/v1/customers", headers={**publishable, **agents[0].headers})
        for number, byte in enumerate(cuts):
            headers = {**publishable, **agents[number % 4].headers, "Idempotency-Key": f"cut-{byte}"}
            database.cut_after = byte
            for _ in range(5):
                answer = await client.post("/rest/v1/customers", json={"first_name": f"cut {byte}"}, headers=headers)
                if answer.status_code == 201:
                    break
                await asyncio.sleep(0.02)
            else:
                pytest.fail(f"cut at byte {byte}: {answer.text}")
            database.cut_after = None
    with mortals.database() as rows:
        made = rows.execute(
            "SELECT first_name, count(*) FROM customers WHERE organization_id = %s GROUP BY 1", [org.id]
        ).fetchall()
    assert sorted(made) == sorted((f"cut {byte}", 1) for byte in cuts)
