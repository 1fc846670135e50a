"""What a group of figures works with: data, agents, how long and how often to measure, and where to say so."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench import load, records, traffic
from bench.dataset import PLACE, Data
from bench.figures import Figure
from bench.load import Measured
from bench.servers import Running, Server, last_words, running
from bench.traffic import Crowd, Request


@dataclass(frozen=True)
class Room:
    data: Data
    crowd: Crowd
    few: Crowd
    """The agents of the database with few organizations."""
    rounds: int
    seconds: int
    """Of one measurement."""
    step: Callable[[], None]
    """Called after each measurement."""


LONGEST_WARMING_S = 2
Group = Callable[[Room], list[Figure]]


@dataclass
class Target:
    """A running server and what it is asked."""

    at: Running
    requests: Sequence[Request]
    name: str
    answered: int = 0

    def __post_init__(self) -> None:
        self.file = PLACE / "requests" / self.name
        records.write(self.file, [request.raw(self.at.port) for request in self.requests])

    def run(self, seconds: float, connections: int = load.CONNECTIONS) -> Measured:
        """As fast as it answers.

        Raises:
            RuntimeError: for a run with errors, whose figures would flatter: refusing is faster than answering.
        """
        return self._sound(load.run(self.file, self.at.port, seconds=seconds, connections=connections))

    def steady(self, seconds: float, rate: float, connections: int = load.CONNECTIONS) -> Measured:
        """At a fixed rate; an error is as in `run`."""
        started = load.start(self.file, self.at.port, seconds=seconds, rate=rate, connections=connections)
        return self._sound(load.finish(started))

    def _sound(self, measured: Measured) -> Measured:
        if measured.errors:
            raise RuntimeError(
                f"{self.at.server.name} answered {measured.errors} of {measured.requests} requests with an error: "
                f"{ask(self.at.port, self.requests[0])[:500]!r}\n{last_words(self.at.server)}"
            )
        self.answered += measured.requests
        return measured

    def warm(self) -> None:
        """Until every agent has been here once, as agents have after their first call of an hour."""
        answered, end = 0, time.monotonic() + LONGEST_WARMING_S
        while answered < len(self.requests) and time.monotonic() < end:
            answered += self.run(1).requests

    def check(self) -> None:
        """One request by hand, because a tool's refusal has the HTTP status of a result."""
        answer = ask(self.at.port, self.requests[-1])
        sound = answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")) and b'"isError":true' not in answer
        # Without the store limits are counted in the process, which is quicker and not what is deployed.
        if not sound or b"nexus-degraded" in answer.partition(b"\r\n\r\n")[0].lower():
            raise RuntimeError(f"{self.at.server.name} answers {answer[:2000]!r}\n{last_words(self.at.server)}")


@contextlib.contextmanager
def targets(room: Room, asked: Mapping[str, tuple[Server, Sequence[Request]]]) -> Iterator[dict[str, Target]]:
    """Every server running, tried and warm; they stay up side by side and are measured in turn."""
    with contextlib.ExitStack() as stack:
        up: dict[str, Running] = {}
        found: dict[str, Target] = {}
        for name, (server, requests) in asked.items():
            if server.name not in up:
                up[server.name] = stack.enter_context(running(server, room.data))
            target = Target(up[server.name], requests, name)
            target.check()
            found[name] = target
        yield found


def ask(port: int, request: Request) -> bytes:
    """The answer to one request, head and all, on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request.raw(port))
        answer = connection.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                break
            body += more
    return head + b"\r\n\r\n" + body


def reads(room: Room, server: Server, *, count: int | None = None) -> list[Request]:
    """Contacts read by many agents: what runs beside something else."""
    return traffic.of_tool("get_contact", server, room.crowd.many[:count])
