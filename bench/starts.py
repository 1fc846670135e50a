"""Cold starts, and the memory of a process after work."""

import compileall
import contextlib
import time
from dataclasses import replace

from bench import machine, servers, traffic
from bench.figures import Figure, Goal, alone, compared, interleaved
from bench.groups import Room, Target, ask, reads
from bench.servers import Server, running, spawn, stop
from bench.traffic import Request
from infra import functions
from infra.local import gateway
from infra.local.process import free_port
from infra.local.settings import REPOSITORY

PATIENCE_S = 20
GOALS = {
    "mcp_server, first answer": Goal("at most", 1.65),
    "agent_auth, first answer": Goal("at most", 1.45),
}
"""Of these, 19 ms are the import of `limits` (docs/decisions/0029)."""


def cold(room: Room) -> list[Figure]:
    """Measure the first answer of any kind, and the first that needs all parts, which shows the cost of a request's
    work.
    """
    for folder in ("shared", "functions"):  # Otherwise a start after a change is one that compiles.
        compileall.compile_dir(REPOSITORY / folder, quiet=1)
    agent = room.crowd.many[0]
    hello = {"protocolVersion": traffic.LEGACY, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    exchange = traffic.of_exchange(room.data.keys, count=1)[0]
    agent_auth = replace(servers.AGENT_AUTH, free=False)
    malformed = Request("POST", exchange.path, "", {"api_key": "nxs_ak_short"})
    firsts = {
        servers.EMPTY.name: (servers.EMPTY, Request("GET", "/", ""), b"200"),
        "mcp_server, first answer": (servers.MCP, traffic.mcp(agent, "initialize", hello, era=traffic.LEGACY), b"200"),
        "agent_auth, first answer": (agent_auth, malformed, b"401"),
        "mcp_server, first row read": (servers.MCP, reads(room, servers.MCP, count=1)[0], b"200"),
        "agent_auth, first key exchanged": (agent_auth, exchange, b"200"),
    }
    values = interleaved(
        {name: lambda first=first: _start(room, *first) for name, first in firsts.items()},  # type: ignore[misc]
        rounds=max(5, room.rounds),
        after_each=room.step,
    )
    empty = values.pop(servers.EMPTY.name)
    return [
        compared(
            f"cold start, {name}",
            unit="s",
            peer=servers.EMPTY.name,
            ours=taken,
            against=empty,
            goal=GOALS.get(name),
        )
        for name, taken in values.items()
    ]


def _start(room: Room, server: Server, request: Request, status: bytes) -> float:
    """Measure from the process's start until the whole first answer has arrived."""
    port = free_port()
    started = time.perf_counter()
    process = spawn(server, room.data, port)
    try:
        while time.perf_counter() - started < PATIENCE_S:
            with contextlib.suppress(OSError):
                answer = ask(port, request)
                took = time.perf_counter() - started
                if not answer.startswith(b"HTTP/1.1 " + status):
                    raise RuntimeError(f"{server.name} answers first {answer[:500]!r}")
                return took
            time.sleep(0.002)
        raise RuntimeError(f"{server.name} did not answer; its last words:\n{servers.last_words(server)}")
    finally:
        stop(process)


def memory(room: Room) -> list[Figure]:
    """Measure after work: a second of load, and for the gateway also a request to every function."""
    with running(servers.MCP, room.data) as function:
        Target(function, reads(room, servers.MCP), "memory").run(room.seconds)
        one = machine.resident_mb(function.process.pid)
    room.step()
    with running(servers.GATEWAY, room.data) as everything:
        for name in sorted(functions.names()):
            ask(everything.port, Request("OPTIONS", _path(name), ""))
        path = "/functions/v1/mcp-server"
        calls = [traffic.mcp(agent, "tools/list", {}, era=traffic.LEGACY, path=path) for agent in room.crowd.many]
        Target(everything, calls, "memory-gateway").run(room.seconds)
        whole = machine.resident_mb(everything.process.pid)
    room.step()
    return [
        alone("resident memory, one function process", unit="MB", values=[one], goal=Goal("at most", 90)),
        alone("resident memory, all-in-one gateway", unit="MB", values=[whole], goal=Goal("at most", 220)),
    ]


def _path(function: str) -> str:
    surface = next((segment for segment, name in gateway.SURFACES.items() if name == function), None)
    if surface:
        return f"/{surface}/v1/"
    return "/" if function == gateway.DISCOVERY else f"/functions/v1/{function.replace('_', '-')}"
