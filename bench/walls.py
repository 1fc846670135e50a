"""The effect of one tenant's worst behaviour on the others' reads, sign-ins, deliveries and intake."""

import asyncio
import contextlib
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from bench import ingest, load, queries, servers, traffic
from bench.figures import Figure, Goal, compared
from bench.groups import Room, Target, ask
from bench.servers import running
from bench.traffic import Agent, Request
from infra.local.process import free_port
from shared.runtime.secrets import local_wrapper, seal_under

FULL_S, QUICK_S = 30, 4
NOISY_AGENTS = 15
SHOPS = 20
"""The number of shops whose messages are delivered."""
A_SECOND = {"reads": 60, "sign-ins": 2, "deliveries": 4, "intake": 20}
MOST = 2.0
"""The most that the p99 may grow by, beside the same work on an idle server."""
Noise = Callable[["Walls"], contextlib.AbstractContextManager[None]]


@dataclass
class Walls:
    """A gateway with every function, and the requests of the victims and the noisy tenant."""

    room: Room
    gateway: servers.Running
    seconds: float

    @property
    def noisy(self) -> Sequence[Agent]:
        return self.room.crowd.big[:NOISY_AGENTS]

    def flood(self, name: str, requests: Sequence[Request], rate: float) -> subprocess.Popen[str]:
        target = Target(self.gateway, requests, f"noise-{name}")
        return load.start(target.file, self.gateway.port, seconds=self.seconds + 1, rate=rate, connections=32)

    def sounds(self) -> dict[str, Sequence[Request]]:
        """Return the victims' work by its name in the figures."""
        crowd = self.room.crowd.many
        reads = traffic.of_tool("get_contact", servers.MCP, crowd)
        keys = [key for key in self.room.data.keys if not key.startswith(tuple(self.noisy_prefixes))]
        sign_ins = traffic.of_exchange(keys, count=500)
        webhooks = [self._intake.message(number) for number in range(int(A_SECOND["intake"] * self.seconds * 2))]
        return {
            "reads": [replace(read, path="/functions/v1/mcp-server") for read in reads],
            "sign-ins": [replace(sign_in, path="/functions/v1/agent-auth") for sign_in in sign_ins],
            "deliveries": self._sends,
            "intake": webhooks,
        }

    def __post_init__(self) -> None:
        self._intake = ingest.Sender(self.room, ingest.PATH)
        self._sends = _sends(self.room)
        with self.room.data.connect() as connection:
            self.noisy_prefixes = queries.list_prefixes(connection, organization_id=self.noisy[0].organization_id)

    def measure(self) -> dict[str, float]:
        """Measure the p99 of each kind of work, all at once."""
        sounds = {name: Target(self.gateway, requests, name) for name, requests in self.sounds().items()}
        started = {
            name: load.start(target.file, self.gateway.port, seconds=self.seconds, rate=A_SECOND[name])
            for name, target in sounds.items()
        }
        measured = {name: load.finish(client) for name, client in started.items()}
        for name, result in measured.items():
            if result.errors:
                answer = ask(self.gateway.port, sounds[name].requests[0])
                raise RuntimeError(f"{result.errors} of {result.requests} {name} were refused: {answer[-500:]!r}")
        return {name: result.p99_ms for name, result in measured.items()}


@contextlib.contextmanager
def _wrong_keys(walls: Walls) -> Iterator[None]:
    """Send keys with the noisy tenant's prefix and a wrong rest: each costs a whole hash."""
    wrong = [prefix + "0" * (len(walls.room.data.keys[0]) - len(prefix)) for prefix in walls.noisy_prefixes]
    requests = [
        replace(exchange, path="/functions/v1/agent-auth") for exchange in traffic.of_exchange(wrong, count=2000)
    ]
    yield from _while(walls.flood("keys", requests, 30))


@contextlib.contextmanager
def _nested_embeds(walls: Walls) -> Iterator[None]:
    path = "/rest/v1/customers?select=id,orders(id,order_items(id),customers(id,first_name))&limit=100"
    yield from _while(walls.flood("embeds", [Request("GET", path, agent.token) for agent in walls.noisy], 30))


@contextlib.contextmanager
def _bulk_inserts(walls: Walls) -> Iterator[None]:
    rows = [{"first_name": f"Bulk {number}"} for number in range(500)]
    requests = [Request("POST", "/rest/v1/customers", agent.token, rows) for agent in walls.noisy]
    yield from _while(walls.flood("bulk", requests, 20))


@contextlib.contextmanager
def _locks(walls: Walls) -> Iterator[None]:
    """Lock its counter row while its agents write."""
    requests = [Request("POST", "/rest/v1/customers", agent.token, {"first_name": "Lock"}) for agent in walls.noisy]
    with walls.room.data.connect() as connection, connection.transaction():
        queries.lock_usage(connection, organization_id=walls.noisy[0].organization_id)
        yield from _while(walls.flood("locks", requests, 30))


@contextlib.contextmanager
def _webhooks(walls: Walls) -> Iterator[None]:
    sender = ingest.Sender(walls.room, ingest.PATH)
    webhooks = [sender.message(number * ingest.NUMBERS) for number in range(int(walls.seconds * 800))]
    yield from _while(walls.flood("webhooks", webhooks, 400))


def _while(flooding: subprocess.Popen[str]) -> Iterator[None]:
    time.sleep(0.5)
    try:
        yield
    finally:
        flooding.terminate()
        flooding.communicate()


NOISES: dict[str, Noise] = {
    "wrong keys": _wrong_keys,
    "nested embeds": _nested_embeds,
    "bulk inserts": _bulk_inserts,
    "locks on its own rows": _locks,
    "a flood of webhooks": _webhooks,
}


def measure(room: Room) -> list[Figure]:
    """Measure each noise in turn, each beside the same work on the idle server just before."""
    seconds = FULL_S if room.seconds > 1 else QUICK_S
    graph_port = free_port()
    graph = servers.on_port(servers.GRAPH, room.data, graph_port)
    settings = (("NEXUS_GRAPH_URL", f"http://127.0.0.1:{graph_port}"),)
    figures: list[Figure] = []
    with graph, running(replace(servers.WHOLE, settings=settings), room.data) as gateway:
        walls = Walls(room, gateway, seconds)
        walls.measure()
        for name, noise in NOISES.items():
            idle = walls.measure()
            with noise(walls):
                beside = walls.measure()
            figures += [
                compared(
                    f"p99 of others' {work} beside {name}",
                    unit="ms",
                    peer="the same, idle",
                    ours=[beside[work]],
                    against=[idle[work]],
                    goal=Goal("at most", MOST),
                )
                for work in A_SECOND
            ]
            room.step()
    return figures


def _sends(room: Room) -> list[Request]:
    """Return answers in open conversations of other shops than the noisy one, each shop by its own agents."""
    wrapper = local_wrapper(room.data.services.secrets.seals_now)

    def sealed(organization_id: UUID) -> bytes:
        return asyncio.run(seal_under(wrapper, organization_id, b"bench"))

    agents: dict[str, list[Agent]] = {}
    for agent in room.crowd.many:
        agents.setdefault(agent.organization_id, []).append(agent)
    shops = sorted(agents)[-SHOPS:]
    with room.data.connect() as connection:
        chats = queries.open_conversations(connection, organizations=shops, sealed=sealed)
    body = {"message": "طلبك في الطريق"}
    sends = [
        Request(
            "POST",
            "/functions/v1/whatsapp-send-message",
            random.choice(agents[shop]).token,  # noqa: S311
            {**body, "chat_id": chat},
        )
        for shop, chat in chats
    ]
    random.shuffle(sends)
    return sends
