"""Connections of the local gateway: time limits for slow senders and slow readers, and a limit for each address."""

import asyncio
from collections import Counter, deque
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from infra.local.servers.errors import (
    LONGEST_TARGET,
    MOST_HEADERS_BYTES,
    Headers,
    check_head,
    check_size,
    error_answer,
    headers_bytes,
    refusal_of,
)
from infra.local.servers.transports import AnswerTransport, Backlog, CountedTransport
from shared.kernel.errors import Refusal
from shared.runtime.log import log
from shared.runtime.shares import TooManyAtOnce

_MOST_PIPELINED = 100
"""Requests that wait on one connection for earlier answers: a head of 20 bytes takes kilobytes of memory here."""
_CHECKS = 6
"""Checks of a reader's progress within `write_timeout_s`."""
_LITTLE_BYTES = 65_536
"""With at most this much unread, any progress of the reader is enough."""
_LEAST_BYTES_PER_S = 4096
"""The least average speed of a reader with more unread; slow networks take large pieces at long intervals."""


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection with time limits for a request's head, the rest of an unread body, and a slow reader.

    The time limit of a body that is being read is the function's.
    """

    read_timeout_s: float
    write_timeout_s: float
    """The time in which the other side must take enough of what was sent."""
    connections_of_one: int
    """The most connections of one address at once."""
    open: Counter[str]
    backlog: Backlog
    url = b""
    _timeout: asyncio.TimerHandle | None = None
    _next_check: asyncio.TimerHandle | None = None
    _sent: CountedTransport
    _checks: deque[tuple[int, int]]
    """At each check, how many bytes were unread and how many had been taken."""
    _read = 0
    """Bytes of the last piece that arrived."""
    _head = 0
    """Bytes of all pieces that contain the head or parts of it."""
    _unparsed = 0
    """Bytes received since the last complete head or piece of a body."""
    _refusal: Refusal | None = None
    _second_head = b""
    """The head without its request for another protocol, to be parsed once more."""
    _ignores_input = False
    """Whether further input is ignored."""
    _ended = False
    """Whether the other side has closed its sending direction."""
    _finished = False
    """Whether the last answer of this connection is complete."""
    _stopping = False
    """Whether the server is stopping: it does not wait for callers to close."""
    _active: RequestResponseCycle | None = None
    """The request that is being answered, or was the last."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=0)  # Any unsent byte calls `pause_writing`.
        self._sent = CountedTransport(transport)
        self._checks = deque(maxlen=_CHECKS + 1)
        super().connection_made(cast("asyncio.Transport", self._sent))
        self.open[self._address] += 1
        if self.open[self._address] > self.connections_of_one:
            transport.close()
        else:
            self._start_timeout()
        self._next_check = self.loop.call_later(self.write_timeout_s / _CHECKS, self._check_reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timeout()
        if self._next_check is not None:
            self._next_check.cancel()
        self.backlog.discard(self._sent)
        if self._active is not None:
            _disconnect(self._active)
        self.open[self._address] -= 1
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ignores_input:
            return
        self._unset_keepalive_if_required()
        self._read = len(data)
        self._head += self._read
        self._unparsed += self._read
        try:
            self._parse(data)
            if self._unparsed > MOST_HEADERS_BYTES:
                check_size(self.url, self._unparsed - LONGEST_TARGET)
        except HttpParserError as fault:
            self._refuse(refusal_of(fault))
        except Refusal as refusal:
            self._refuse(refusal)
        if self._timeout is None and not self._answering:
            self._start_timeout()

    def _parse(self, data: bytes) -> None:
        """Parse the data.

        The parser skips the body of a request that asks for another protocol, so a new parser reads the head again,
        without that wish.
        """
        rest = memoryview(data)
        while rest:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as upgrade:
                head, self._second_head = self._second_head, b""
                self.parser = HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # The data are ignored.
                self.parser.feed_data(head)
                rest = rest[upgrade.args[0] :]
            else:
                return

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether the connection stays open for now: complete requests are answered before it closes."""
        self._stop_timeout()
        ignored_input, self._ignores_input, self._ended = self._ignores_input, True, True
        if not ignored_input and self.cycle is not None and self.cycle.more_body:  # The rest will not arrive.
            if self.cycle is self._active:
                return False
            self.pipeline.popleft()
        return self._answering

    def pause_writing(self) -> None:
        super().pause_writing()
        self.backlog.add(self._sent, self._address)

    def resume_writing(self) -> None:
        self.backlog.discard(self._sent)
        super().resume_writing()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = self._read
        self._start_timeout()

    def on_headers_complete(self) -> None:
        self._stop_timeout()
        self._unparsed = 0
        method, version = self.parser.get_method(), self.parser.get_http_version()
        check_head(method, self.headers, version)
        if self._head > MOST_HEADERS_BYTES:
            check_size(self.url, headers_bytes(self.headers))
        if self.parser.should_upgrade():
            self._second_head = _without_upgrade(b"%s %s HTTP/%s" % (method, self.url, version.encode()), self.headers)
            return
        super().on_headers_complete()
        self.headers = []  # Trailers are not headers of the request.
        if len(self.pipeline) > _MOST_PIPELINED:
            raise TooManyAtOnce

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._second_head:
            return
        self._stop_timeout()
        self._unparsed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if self._finished:
            self.server_state.total_requests += 1
            return
        answered, was_last = self._active, not self.pipeline
        super().on_response_complete()
        if self._refusal is not None and was_last:
            self._send_refusal(self._refusal)
        elif answered is self.cycle and self.cycle.more_body:
            self._start_timeout()
        if self._ended and was_last:
            self.transport.close()

    def shutdown(self) -> None:
        self._stopping = True
        super().shutdown()

    def _should_upgrade(self) -> bool:
        """Return False: no function speaks another protocol, so a request for one gets an HTTP answer."""
        return False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._active = cycle
        cycle.transport = cast("asyncio.Transport", AnswerTransport(self._sent, self._finish))

        async def begin(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            await self.flow.drain()  # Do not make an answer while the previous one waits here.
            if not cycle.disconnected:
                await app(scope, receive, send)

        super()._start_asgi_task(cycle, begin)

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def _answering(self) -> bool:
        return self._active is not None and not self._active.response_complete

    def _start_timeout(self) -> None:
        self._stop_timeout()
        self._timeout = self.loop.call_later(self.read_timeout_s, self.transport.close)

    def _stop_timeout(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _refuse(self, refusal: Refusal) -> None:
        """Refuse the last request, after all earlier ones are answered."""
        self._stop_timeout()
        self._ignores_input = True
        last = self.cycle
        if last is not None and last.more_body and not last.response_complete:  # The fault is in its body.
            if last is not self._active:
                self.pipeline.popleft()
            elif last.response_started:
                last.keep_alive = False  # The caller would read a refusal as part of the answer.
                return
            else:
                _disconnect(last)
                self._active = None
        self._refusal = refusal
        if not self._answering:
            self._send_refusal(refusal)

    def _finish(self) -> None:
        """End the connection after its last answer; read what was sent meanwhile, or the sender gets a reset."""
        if self._stopping or self._ended or self.transport.is_closing():
            self.transport.close()
            return
        self._ignores_input = self._finished = True
        self._end_sending()

    def _end_sending(self) -> None:
        """Send no more, and read on for a while: a sender that gets a reset loses the answer."""
        self.transport.write_eof()
        self.flow.resume_reading()
        self._start_timeout()

    def _send_refusal(self, refusal: Refusal) -> None:
        if self.transport.is_closing():
            return
        origin = next((value for name, value in self.headers or () if name == b"origin"), b"").decode("latin-1")
        self.transport.write(error_answer(refusal, origin=origin, headers=self.server_state.default_headers))
        self._end_sending()

    def _check_reader(self) -> None:
        """Compare the reader's progress with earlier checks; reset the connection of one that is too slow."""
        unread = self._sent.unread_bytes()
        self._checks.append((unread, self._sent.written - unread))
        if len(self._checks) <= _CHECKS or self._reads_enough():
            self._next_check = self.loop.call_later(self.write_timeout_s / _CHECKS, self._check_reader)
        else:
            log().info("reader_gone", unread_bytes=unread)
            self._sent.reset()

    def _reads_enough(self) -> bool:
        always_unread = min(unread for unread, _ in self._checks)
        taken = self._checks[-1][1] - self._checks[0][1]
        if always_unread > _LITTLE_BYTES:
            return taken >= _LEAST_BYTES_PER_S * self.write_timeout_s
        return taken > 0 or not always_unread


def _disconnect(cycle: RequestResponseCycle) -> None:
    cycle.disconnected = True
    cycle.message_event.set()


def _without_upgrade(first_line: bytes, headers: Headers) -> bytes:
    """Return the same request without the upgrade, as the last on its connection."""
    kept = [b"%s: %s" % header for header in headers if header[0] not in {b"upgrade", b"connection"}]
    return b"\r\n".join([first_line, *kept, b"connection: close", b"", b""])


def bounded(
    *, read_timeout_s: float, write_timeout_s: float, connections_of_one: int, backlog: Backlog | None = None
) -> type[BoundedConnection]:
    """Return a connection class for one server, with its own counters."""
    chosen = {
        "read_timeout_s": read_timeout_s,
        "write_timeout_s": write_timeout_s,
        "connections_of_one": connections_of_one,
    }
    return type("Connection", (BoundedConnection,), {**chosen, "open": Counter(), "backlog": backlog or Backlog()})
