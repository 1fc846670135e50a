"""The effect of a hundred times as many tenants and rows on a read, and of a noisy tenant on the others."""

import time

from bench import load, servers, traffic
from bench.figures import Figure, Goal, compared, interleaved
from bench.groups import Room, Target, reads, targets
from bench.servers import MCP, MCP_SMALL, running

VICTIMS_A_SECOND = 150
FLOODING_AGENTS = 15
TIMES_THE_LIMIT = 10
LIMIT_A_MINUTE = 100


def reading(room: Room) -> list[Figure]:
    figures = []
    for operation, title in (("get_contact", "get contact"), ("list_contacts", "list contacts")):
        values = _p50(room, {
            "small": (MCP_SMALL, traffic.of_tool(operation, MCP_SMALL, room.few.many)),
            "many tenants": (MCP, traffic.of_tool(operation, MCP, room.crowd.many)),
            "many rows": (MCP, traffic.of_tool(operation, MCP, room.crowd.big)),
        })  # fmt: skip
        figures += [
            compared(
                f"p50 of {title}, {grown}",
                unit="ms",
                peer="2 tenants of 500 contacts",
                ours=values[grown],
                against=values["small"],
                goal=Goal("at most", 1.2),
            )
            for grown in ("many tenants", "many rows")
        ]
    return figures


def searching(room: Room) -> list[Figure]:
    values = _p50(room, {
        "small": (MCP, traffic.of_tool("search", MCP, room.crowd.many)),
        "big": (MCP, traffic.of_tool("search", MCP, room.crowd.big)),
    })  # fmt: skip
    return [
        compared(
            "p50 of nexus_search, 100,000 contacts",
            unit="ms",
            peer="500 contacts",
            ours=values["big"],
            against=values["small"],
            goal=Goal("at most", 3),
        )
    ]


def _p50(room: Room, requests: dict[str, tuple[servers.Server, list[traffic.Request]]]) -> dict[str, list[float]]:
    """Measure on one connection, where latency is nothing but the work."""
    with targets(room, requests) as found:
        for target in found.values():
            target.warm()
        return interleaved(
            {name: lambda target=target: target.run(room.seconds, connections=1).p50_ms  # type: ignore[misc]
             for name, target in found.items()},
            rounds=room.rounds,
            after_each=room.step,
        )  # fmt: skip


def neighbour(room: Room) -> list[Figure]:
    """Let one tenant's agents send ten times what their rate class allows; the others read at a steady rate."""
    noisy = room.crowd.big[:FLOODING_AGENTS]
    rate = FLOODING_AGENTS * LIMIT_A_MINUTE * TIMES_THE_LIMIT / 60
    seconds = max(2, room.seconds)
    idle, beside = [], []
    with running(MCP, room.data) as function:
        victims = Target(function, reads(room, MCP), "victims")
        flood = Target(function, traffic.of_tool("list_contacts", MCP, noisy), "flood")
        victims.warm()
        for _ in range(room.rounds):
            idle.append(victims.steady(seconds, VICTIMS_A_SECOND).p99_ms)
            room.step()
            # The flood begins before the measurement, so that its limit is reached by then.
            flooding = load.start(flood.file, function.port, seconds=seconds + 1.5, rate=rate)
            time.sleep(1)
            beside.append(victims.steady(seconds, VICTIMS_A_SECOND).p99_ms)
            load.finish(flooding)
            room.step()
    return [
        compared(
            "other tenants' p99 beside a noisy one",
            unit="ms",
            peer="the same reads, idle",
            ours=beside,
            against=idle,
            goal=Goal("at most", 1.5),
        )
    ]
