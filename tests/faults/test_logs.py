"""A gateway whose log cannot be written answers as ever; and what the log tells of an outage."""

import asyncio
import json
import os
from contextlib import contextmanager

import httpx
import pytest

from tests.support.serving import gateways

pytestmark = pytest.mark.anyio

TOLD = {"NEXUS_LOG_LEVEL": "info"}
MANY = 300
"""Whose lines no pipe has room for."""


@contextmanager
def full_disk():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        yield full


@contextmanager
def unread_pipe():
    reads, writes = os.pipe()
    with os.fdopen(reads), os.fdopen(writes, "wb") as stream:
        yield stream


@pytest.mark.parametrize("output", [full_disk, unread_pipe])
async def test_a_log_that_cannot_be_written_delays_and_fails_no_request(environment, mortals, output):
    org = mortals.org()
    with output() as stdout, gateways(1, {**environment, **TOLD}, stdout=stdout) as (url,):
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            name = {"name": "Nour Trading", "timezone": "Africa/Cairo", "country": "EG", "currency": "EGP"}
            newcomer = mortals.person(None)
            made = await client.post("/functions/v1/organization-create", json=name, headers=newcomer.headers)
            assert made.status_code == 201
            padded = {"X-Request-Id": "a" * 128, **org.owner.headers}
            for begin in range(0, MANY, 30):
                answers = await asyncio.gather(
                    *(client.post("/functions/v1/no-such", headers=padded) for _ in range(begin, begin + 30))
                )
                assert {each.headers["Content-Type"] for each in answers} == {"application/json"}
            answer = await client.get("/functions/v1/agent-usage", headers=org.owner.headers)
            assert answer.status_code == 200


async def test_the_log_reports_when_a_part_stops_and_returns(behind_proxies, environment, mortals, tmp_path):
    agent = mortals.org().agent("read")
    path = tmp_path / "log"
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nexus_list_orders"}}
    headers = {**agent.headers, "Accept": "application/json, text/event-stream"}
    with path.open("ab") as stdout:
        async with (
            behind_proxies(stdout=stdout, **TOLD) as (url, database, store),
            httpx.AsyncClient(base_url=url, timeout=30) as client,
        ):

            async def ask():
                return await client.post("/functions/v1/mcp-server", json=message, headers=headers)

            assert not (await ask()).json()["result"]["isError"]
            with database.down(), store.down():
                refused = (await ask()).json()["result"]
                assert refused["isError"]
            async with asyncio.timeout(20):
                while (again := await ask()).json()["result"]["isError"] or "Nexus-Degraded" in again.headers:  # noqa: ASYNC110
                    await asyncio.sleep(0.3)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines if line["event"] != "request"].count("database_away") == 1
    events = {line["event"] for line in lines}
    assert events >= {"database_away", "database_back", "store_away", "store_back"}
    told = next(line for line in lines if line.get("error") == "unavailable")
    assert (told["level"], told["tool"]) == ("error", "nexus_list_orders")
