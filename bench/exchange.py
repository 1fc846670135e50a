"""Key exchange: its speed relative to bcrypt's limit, and its effect on reads beside it."""

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
            loop = _bcrypt_loop(seconds)
            read.steady(seconds, READS_A_SECOND)
            limit.append(float(loop.communicate()[0]))
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
            peer="bare bcrypt loop beside the same reads",
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


def _bcrypt_loop(seconds: float) -> subprocess.Popen[str]:
    """Start a loop that prints how many hashes a second it checked; it runs beside the reads too, as our own server
    does.
    """
    command = [str(servers.PEERS / "python"), "-m", "bench.peers.loops", "bcrypt", str(seconds)]
    with machine.pinned(None):
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
