"""A connection with RESP, the protocol of Valkey and Redis; it carries the commands of all callers in order.

libvalkey packs and parses; this module does the rest (docs/decisions/0014).
"""

import asyncio
from collections import deque
from typing import Any
from urllib.parse import unquote, urlsplit

import libvalkey
import msgspec

_DEFAULT_PORT = 6379
_UNANSWERED = object()

Part = str | float | bytes
"""One part of a command."""


class StoreError(Exception):
    """There is no connection, or it broke while a command was under way."""


class StoreRefused(StoreError):  # noqa: N818  an answer, as the exceptions of kernel.errors are
    """The store answered with an error; the connection still works."""


class Address(msgspec.Struct, frozen=True):
    """The address of the store, with user, password and database."""

    host: str
    port: int
    path: str | None
    """The path of a Unix socket, instead of host and port."""
    tls: bool
    username: str | None
    password: str | None
    database: int


def address_of(url: str) -> Address:
    """Read a URL: valkey:// or redis://, valkeys:// or rediss:// (TLS), or unix://.

    Raises:
        ValueError: not such a URL.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.removeprefix("valkey").removeprefix("redis")
    if parts.scheme != "unix" and scheme not in ("", "s"):
        raise ValueError("NEXUS_STORE_URL begins with valkey://, valkeys://, redis://, rediss://, unix:// or async+")
    local = parts.scheme == "unix"
    database = parts.query.removeprefix("db=") if local else parts.path.strip("/")
    return Address(
        host=parts.hostname or "localhost",
        port=parts.port or _DEFAULT_PORT,
        path=unquote(parts.path) if local else None,
        tls=scheme == "s",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=int(database or 0),
    )


class Connection(asyncio.Protocol):
    """The connection; it breaks if an answer takes longer than `timeout_s`."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._reader = libvalkey.Reader(replyError=StoreRefused, notEnoughData=_UNANSWERED)
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._unsent: list[bytes] = []
        self._transport: Any = None
        self._watch: asyncio.TimerHandle | None = None
        self.is_open = False

    def send(self, *parts: Part) -> asyncio.Future[Any]:
        """Send the command at the end of the event loop's turn, with all others of that turn; return its answer.

        A write costs more than a command.

        Raises, when awaited:
            StoreRefused: the answer is an error.
            TimeoutError: the command was sent and not answered in time.
            StoreError: the connection broke.
        """
        answer = self._loop.create_future()
        if not self.is_open:
            answer.set_exception(StoreError("not connected"))
            return answer
        if not self._unsent:
            self._loop.call_soon(self._write)
        self._unsent.append(libvalkey.pack_command(parts))
        self._waiting.append((answer, self._loop.time() + self._timeout_s))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout_s, self._look, False)
        return answer

    def close(self) -> None:
        self._end(StoreError("closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _UNANSWERED:
                answer, _ = self._waiting.popleft()
                if answer.done():
                    continue
                if isinstance(reply, StoreRefused):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)
        except (libvalkey.ProtocolError, IndexError) as fault:
            self._end(StoreError(f"not an answer: {fault}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(StoreError(f"lost: {exc}" if exc else "closed by the store"))

    def _write(self) -> None:
        if self.is_open:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def _look(self, last: bool) -> None:
        """End the connection when the first answer is late: one timer serves all, since answers come in order."""
        self._watch = None
        if not self._waiting:
            return
        due = self._waiting[0][1]
        if due > self._loop.time():
            self._watch = self._loop.call_at(due, self._look, False)
        elif not last:
            # This process may have been busy: answers that have arrived are read before the last look.
            self._watch = self._loop.call_later(self._timeout_s / 4, self._look, True)
        else:
            self._end(TimeoutError("the store did not answer in time"))

    def _end(self, fault: Exception) -> None:
        """End the connection; commands without an answer fail."""
        self.is_open = False
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._transport is not None:
            self._transport.abort()
        while self._waiting:
            answer, _ = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(fault)


async def connect(address: Address, timeout_s: float) -> Connection:
    """Connect and sign in.

    Raises:
        StoreError: there is no store, or it refuses us.
    """
    loop = asyncio.get_running_loop()
    connection = Connection(timeout_s)
    try:
        async with asyncio.timeout(timeout_s):
            if address.path:
                await loop.create_unix_connection(lambda: connection, address.path)
            else:
                await loop.create_connection(lambda: connection, address.host, address.port, ssl=address.tls or None)
            await asyncio.gather(*[connection.send(*command) for command in _greeting(address)])
    except (OSError, TimeoutError, StoreError) as fault:
        connection.close()
        raise StoreError(f"cannot connect: {fault!r}") from fault
    except BaseException:
        connection.close()
        raise
    return connection


def _greeting(address: Address) -> list[tuple[Part, ...]]:
    commands: list[tuple[Part, ...]] = []
    if address.password:
        commands.append((b"AUTH", *filter(None, [address.username]), address.password))
    if address.database:
        commands.append((b"SELECT", address.database))
    return commands
