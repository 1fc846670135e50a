"""Callers who all begin at once, spread over two gateway processes, and writers to the database who do."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.servers.services import Services
from shared.auth import tokens
from tests.conftest import Caller, Org
from tests.support.serving import gateways

CALLERS = 6
ROUNDS = 100
ROUNDS_PER_CALLER = 10
"""After so many rounds another agent goes on, lest the rate limit of one be met."""


@pytest.fixture(scope="session")
def processes(base_url: str) -> Iterator[list[str]]:
    """Yield two gateways beside the one in this process, on the same database and store."""
    with gateways(2, {}) as urls:
        yield urls


@pytest.fixture
async def clients(processes: list[str]) -> AsyncIterator[list[httpx.AsyncClient]]:
    limits = httpx.Limits(max_connections=CALLERS)
    opened = [httpx.AsyncClient(base_url=url, timeout=30, limits=limits) for url in processes]
    yield opened
    for client in opened:
        await client.aclose()


@pytest.fixture
def at_once(clients: list[httpx.AsyncClient]) -> Callable[..., Awaitable[list[httpx.Response]]]:
    """Return the same request by several callers behind one barrier, each at the next process; all their answers."""

    async def send(
        function: str, body: Any, *, as_: Caller, callers: int = CALLERS, **headers: str
    ) -> list[httpx.Response]:
        barrier = asyncio.Barrier(callers)
        sent = {**as_.headers, "Accept": "application/json, text/event-stream", **headers}

        async def one(number: int) -> httpx.Response:
            client = clients[number % len(clients)]
            await barrier.wait()
            return await client.post(f"/functions/v1/{function}", json=body, headers=sent)

        return await asyncio.gather(*(one(number) for number in range(callers)))

    return send


@pytest.fixture
def tool_at_once(at_once: Callable[..., Any]) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Return the same tool call by several callers at once: the results, each with `is_error`."""

    async def call(tool: str, arguments: dict[str, Any], *, as_: Caller) -> list[dict[str, Any]]:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        }
        answers = await at_once("mcp-server", message, as_=as_)
        results = [answer.json()["result"] for answer in answers]
        return [{**each["structuredContent"], "is_error": each.get("isError", False)} for each in results]

    return call


@pytest.fixture
def writers(org: Org) -> Callable[[int], Caller]:
    """Return the agent whose turn it is in a round."""
    agents = [org.agent("write") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    return lambda number: agents[number // ROUNDS_PER_CALLER]


@pytest.fixture
def managers(org: Org) -> Callable[[int], Caller]:
    """Return the person whose turn it is in a round to manage keys."""
    people = [org.person("admin") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    return lambda number: people[number // ROUNDS_PER_CALLER]


Statement = tuple[str, dict[str, Any]]


@pytest.fixture
def race(services: Services) -> Callable[..., list[list[str]]]:
    """Run one statement of each writer at the same moment, round after round.

    `statements(round)` is asked between rounds and gives one statement for each writer; the answer has, for each round,
    what each writer's RETURNING gave, or its SQLSTATE.
    """

    def run(caller: Caller, statements: Callable[[int], Sequence[Statement]], *, writers: int, rounds: int) -> Any:
        claims = tokens.verify(caller.token).claims
        asked: list[Sequence[Statement]] = []
        outcomes: list[list[str]] = [[""] * writers for _ in range(rounds)]
        start = threading.Barrier(writers, action=lambda: asked.append(statements(len(asked))))

        def write(writer: int) -> None:
            with psycopg.connect(services.database_url) as connection:
                for number in range(rounds):
                    connection.execute("SELECT app.enter('authenticated', %s, '{}', 'write', NULL)", (claims,))
                    start.wait(timeout=60)
                    sql, params = asked[number][writer]
                    try:
                        row = connection.execute(sql, params).fetchone() or ("no row",)
                        connection.commit()
                        outcomes[number][writer] = str(row[0])
                    except psycopg.Error as fault:
                        connection.rollback()
                        outcomes[number][writer] = fault.sqlstate or "none"

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    return run
