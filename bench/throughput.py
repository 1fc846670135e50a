"""Requests a second, beside peers and the bare limit."""

import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from bench import machine, queries, servers, traffic
from bench.dataset import Data
from bench.figures import Figure, Goal, compared, interleaved
from bench.groups import Room, Target, targets
from bench.servers import PEERS, Server
from bench.traffic import LEGACY, MODERN, Agent, Request
from infra.local.settings import REPOSITORY

Ask = Callable[[Sequence[Agent]], list[Request]]
INSERT_LOOP = "bare insert loop"


@dataclass(frozen=True)
class Comparison:
    """One operation: the requests for each server, and the goal of the ratio to each but the first, which is ours."""

    title: str
    requests: Mapping[Server, Ask]
    goals: Mapping[Server, Goal]
    inserts: bool = False
    """Whether it makes orders: they are counted afterwards, and the bare insert loop runs in turn with the servers."""


def tool(operation: str, server: Server, era: str = LEGACY) -> Ask:
    return lambda agents: traffic.of_tool(operation, server, agents, era=era)


def least(value: float) -> Goal:
    return Goal("at least", value)


# Each MCP server gets the protocol version that it answers fastest: FastMCP with a handshake's headers, the
# official SDK without a session. Nexus answers both equally fast.
GET = Comparison(
    "tools/call get contact",
    {
        servers.MCP: tool("get_contact", servers.MCP),
        servers.FASTMCP: tool("get_contact", servers.FASTMCP),
        servers.MCP_SDK: tool("get_contact", servers.MCP_SDK, MODERN),
        servers.BARE: lambda agents: traffic.of_bare("/contact", "get_contact", agents),
    },
    {servers.FASTMCP: least(3), servers.MCP_SDK: least(1.5), servers.BARE: least(0.5)},
)
LIST = Comparison(
    "tools/call list contacts",
    {
        servers.MCP: tool("list_contacts", servers.MCP),
        servers.FASTMCP: tool("list_contacts", servers.FASTMCP),
        servers.MCP_SDK: tool("list_contacts", servers.MCP_SDK, MODERN),
        servers.BARE: lambda agents: traffic.of_bare("/contacts", "list_contacts", agents),
    },
    {servers.FASTMCP: least(3), servers.MCP_SDK: least(1.5), servers.BARE: least(0.5)},
)
TOOLS = Comparison(
    "tools/list",
    {
        servers.MCP: traffic.of_list,
        servers.FASTMCP: traffic.of_list,
        servers.MCP_SDK: lambda agents: traffic.of_list(agents, era=MODERN),
    },
    {servers.FASTMCP: least(20), servers.MCP_SDK: least(5)},
)
ORDER = Comparison(
    "create order (3 lines, audit, idempotency, durable)",
    {
        servers.MCP: tool("create_order", servers.MCP),
        servers.FASTAPI: lambda agents: traffic.of_endpoint("POST", "/orders", "create_order", agents),
    },
    {servers.FASTAPI: least(1.2)},
    inserts=True,
)
READ = Comparison(
    "plain function read (agent-api-key-list)",
    {
        servers.KEY_LIST: lambda agents: traffic.of_endpoint("GET", "/?limit=25", None, agents),
        servers.FASTAPI: lambda agents: traffic.of_endpoint("GET", "/keys?limit=25", None, agents),
        servers.FF_SYNC: lambda agents: traffic.of_endpoint("GET", "/?limit=25", None, agents),
        servers.BARE: lambda agents: traffic.of_bare("/keys", "list_keys", agents),
    },
    {servers.FASTAPI: least(1.5), servers.FF_SYNC: least(1.5)},
)


def measure(comparison: Comparison, room: Room) -> list[Figure]:
    by_name = {server.name: (server, ask(room.crowd.many)) for server, ask in comparison.requests.items()}
    goals = {server.name: goal for server, goal in comparison.goals.items()}
    with targets(room, by_name) as found:
        for target in found.values():
            target.warm()
        runs = {name: partial(_requests_a_second, target, room) for name, target in found.items()}
        if comparison.inserts:
            runs |= {INSERT_LOOP: partial(_inserts_a_second, room)}
        with _every_order_made(room.data, found.values()) if comparison.inserts else nullcontext():
            values = interleaved(runs, rounds=room.rounds, after_each=room.step)
        for target in found.values():
            target.check()
    ours, *others = runs
    return [
        compared(
            comparison.title,
            unit="requests/s",
            peer=other,
            ours=values[ours],
            against=values[other],
            goal=goals.get(other),
        )
        for other in others
    ]


def _requests_a_second(target: Target, room: Room) -> float:
    return target.run(room.seconds).per_second


def _inserts_a_second(room: Room) -> float:
    command = [str(PEERS / "python"), "-m", "bench.peers.loops", "insert", str(room.seconds)]
    environment = {"BENCH_DATABASE_URL": room.data.peer_url()}
    with machine.pinned(machine.server_cores()):
        answer = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    return float(answer.stdout)


@contextmanager
def _every_order_made(data: Data, requests: Collection[Target]) -> Iterator[None]:
    """Check that the block made as many orders as were answered.

    Raises:
        RuntimeError: if fewer were made.
    """
    with data.connect() as connection:
        made, answered = queries.count_orders(connection), sum(target.answered for target in requests)
        yield
        made, answered = (
            queries.count_orders(connection) - made,
            sum(target.answered for target in requests) - answered,
        )
    if made < answered:
        raise RuntimeError(f"{answered} orders were answered and {made} made")
