"""Callers who all begin at once, spread over two gateway processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Caller, Org
from tests.support.serving import gateways

CALLERS = 6
ROUNDS = 100
ROUNDS_PER_CALLER = 10
"""After so many rounds another agent goes on, lest the rate limit of one be met."""


@pytest.fixture(scope="session")
def processes(base_url: str) -> Iterator[list[str]]:
    """Two gateways beside the one in this process, on the same database and store."""
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
    """The same request by several callers behind one barrier, each at the next process; all their answers."""

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
    """The same tool call by several callers at once: the results, each with `is_error`."""

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
    """The agent whose turn it is in a round."""
    agents = [org.agent("write") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    return lambda number: agents[number // ROUNDS_PER_CALLER]


@pytest.fixture
def managers(org: Org) -> Callable[[int], Caller]:
    """The person whose turn it is in a round to manage keys."""
    people = [org.person("admin") for _ in range(ROUNDS // ROUNDS_PER_CALLER)]
    return lambda number: people[number // ROUNDS_PER_CALLER]
