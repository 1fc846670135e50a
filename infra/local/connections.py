"""Connections of the local gateway: a head comes in time or not at all, and no address holds all there are."""

import asyncio
from collections import Counter

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's, closed where a head or the rest of an unread body does not come; the body itself is for functions."""

    waits_s: float
    most_of_one: int
    """Connections of one address at once."""
    open: Counter[str]
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.open[self._address] += 1
        if self.open[self._address] > self.most_of_one:
            transport.close()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self.open[self._address] -= 1
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        self._stop()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body:
            self._wait()

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _wait(self) -> None:
        self._stop()
        self._waiting = self.loop.call_later(self.waits_s, self.transport.close)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def bounded(*, waits_s: float, most_of_one: int) -> type[BoundedConnection]:
    """For one server, which counts for itself."""
    return type("Connection", (BoundedConnection,), {"waits_s": waits_s, "most_of_one": most_of_one, "open": Counter()})
