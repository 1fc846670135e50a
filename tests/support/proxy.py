"""A TCP proxy between us and a server: it counts round trips, cuts, holds back, and plays dead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

_CHUNK = 65_536


@dataclass
class Proxy:
    """What passes is counted over all connections; what is set applies to each byte from then on."""

    host: str
    port: int
    """Where the server listens."""
    listens_on: int = 0
    round_trips: int = 0
    """How often a client spoke after it had last been answered."""
    connections: int = 0
    refused: int = 0
    """New connections that were closed at once."""
    delay_s: float = 0.0
    """So much later each piece of an answer comes."""
    is_down: bool = False
    """New connections are closed at once."""
    cut_after: int | None = None
    """How many more bytes of the server's answers pass before every connection is cut."""
    _flow: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _turns: list["_Turn"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._flow.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    def lose(self) -> None:
        """Lose everything on the present connections in silence; new ones work."""
        for turn in self._turns:
            turn.is_lost = True

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Refuse connections for the length of the block."""
        self.is_down = True
        self.cut()
        try:
            yield
        finally:
            self.is_down = False

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Keep and accept connections, but give no answer for the length of the block."""
        self._flow.clear()
        try:
            yield
        finally:
            self._flow.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's connection."""
        if self.is_down:
            self.refused += 1
            writer.transport.abort()
            return
        self.connections += 1
        try:
            to_server, server = await self._connected()
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, server}
        spoken = _Turn()
        self._turns.append(spoken)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._asks(reader, server, spoken), self._answers(to_server, writer, spoken))
        for end in (writer, server):
            self._open.discard(end)
            end.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    async def _asks(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, turn: "_Turn") -> None:
        while chunk := await reader.read(_CHUNK):
            if turn.is_lost:
                continue
            if turn.is_answered:
                turn.is_answered = False
                self.round_trips += 1
            server.write(chunk)
            await server.drain()
        server.transport.abort()

    async def _answers(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter, turn: "_Turn") -> None:
        while chunk := await reader.read(_CHUNK):
            await asyncio.sleep(self.delay_s)
            await self._flow.wait()
            if turn.is_lost:
                continue
            turn.is_answered = True
            if self.cut_after is not None and len(chunk) >= self.cut_after:
                client.write(chunk[: self.cut_after])
                await client.drain()
                self.cut_after = None
                self.cut()
                return
            if self.cut_after is not None:
                self.cut_after -= len(chunk)
            client.write(chunk)
            await client.drain()
        client.transport.abort()


@dataclass
class _Turn:
    is_answered: bool = True
    is_lost: bool = False


@contextlib.asynccontextmanager
async def proxied(host: str, port: int) -> AsyncIterator[Proxy]:
    """Yield a proxy on a free port of this machine, in the running event loop."""
    proxy = Proxy(host, port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.listens_on = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await asyncio.sleep(0)
