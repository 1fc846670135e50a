"""Key exchange: how much of what bcrypt allows, and what it does to reads beside it."""

import subprocess

from bench import load, machine, servers, traffic
from bench.figures import Figure, Goal, compared
from bench.groups import Room, Target, reads
from bench.servers import running
from infra.local.settings import REPOSITORY

READS_A_SECOND = 100
EXCHANGERS = 8


def measure(room: Room) -> list[Figure]:
    seconds = max(2, room.seconds)
    keys, limit, idle, beside = [], [], [], []
    with running(servers.AGENT_AUTH, room.data) as exchanging, running(servers.MCP, room.data) as reading:
        read = Target(reading, reads(room, servers.MCP), "reads")
        read.warm()
        for _ in range(room.rounds):
            exchange = Target(exchanging, traffic.of_exchange(room.data.keys, count=2000), "exchange")
            idle.append(read.steady(seconds, READS_A_SECOND).p99_ms)
            room.step()
            limit.append(_bcrypt_alone(seconds))
            room.step()
            flood = load.start(exchange.file, exchanging.port, seconds=seconds, connections=EXCHANGERS)
            beside.append(read.steady(seconds, READS_A_SECOND).p99_ms)
            measured = load.finish(flood)
            if measured.errors:
                raise RuntimeError(f"{measured.errors} of {measured.requests} key exchanges were refused")
            keys.append(measured.per_second)
            room.step()
    return [
        compared(
            "agent-auth, every core",
            unit="keys/s",
            peer="bare bcrypt loop",
            ours=keys,
            against=limit,
            goal=Goal("at least", 0.9),
        ),
        compared(
            "reads beside key exchange, p99",
            unit="ms",
            peer="the same reads, idle",
            ours=beside,
            against=idle,
            goal=Goal("at most", 2),
        ),
    ]


def _bcrypt_alone(seconds: float) -> float:
    command = [str(servers.PEERS / "python"), "-m", "bench.peers.loops", "bcrypt", str(seconds)]
    with machine.pinned(None):
        answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return float(answer.stdout)
