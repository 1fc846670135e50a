"""The room of a group of figures: data, agents, number and length of measurements, and progress."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench import load, records, traffic
from bench.dataset import BUILD, Data
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
    """The length of one measurement."""
    step: Callable[[], None]
    """Called after each measurement."""


LONGEST_WARMING_S = 2
Group = Callable[[Room], list[Figure]]


@dataclass
class Target:
    """A running server and its requests."""

    at: Running
    requests: Sequence[Request]
    name: str
    answered: int = 0

    def __post_init__(self) -> None:
        self.file = BUILD / "requests" / self.name
        records.write(self.file, [request.raw(self.at.port) for request in self.requests])

    def run(self, seconds: float, connections: int = load.CONNECTIONS) -> Measured:
        """Send as fast as the server answers.

        Raises:
            RuntimeError: for a run with errors, whose figures would look too good: refusing is faster than answering.
        """
        return self._sound(load.run(self.file, self.at.port, seconds=seconds, connections=connections))

    def steady(self, seconds: float, rate: float, connections: int = load.CONNECTIONS) -> Measured:
        """Send at a fixed rate; an error is as in `run`."""
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
        """Send until every agent has called once, as agents have after their first call of an hour."""
        answered, end = 0, time.monotonic() + LONGEST_WARMING_S
        while answered < len(self.requests) and time.monotonic() < end:
            answered += self.run(1).requests

    def check(self) -> None:
        """Check the body of one answer, because a tool's refusal has the HTTP status of a result."""
        answer = ask(self.at.port, self.requests[-1])
        sound = answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")) and b'"isError":true' not in answer
        # Without the store, limits are counted in the process, which is faster than a deployment.
        if not sound or b"nexus-degraded" in answer.partition(b"\r\n\r\n")[0].lower():
            raise RuntimeError(f"{self.at.server.name} answers {answer[:2000]!r}\n{last_words(self.at.server)}")


@contextlib.contextmanager
def targets(
    room: Room, requests_by_name: Mapping[str, tuple[Server, Sequence[Request]]]
) -> Iterator[dict[str, Target]]:
    """Start every server, check and warm it; they run side by side and are measured in turn."""
    with contextlib.ExitStack() as stack:
        up: dict[str, Running] = {}
        found: dict[str, Target] = {}
        for name, (server, requests) in requests_by_name.items():
            if server.name not in up:
                up[server.name] = stack.enter_context(running(server, room.data))
            target = Target(up[server.name], requests, name)
            target.check()
            found[name] = target
        yield found


def ask(port: int, request: Request) -> bytes:
    """Return the whole answer to one request, with its head, on a new connection."""
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
    """Return reads of contacts by many agents, which run beside other work."""
    return traffic.of_tool("get_contact", server, room.crowd.many[:count])
