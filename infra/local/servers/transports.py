"""Counted writes on a connection: how much was written, and how much of it the other side has not taken yet."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys
import termios
from collections import Counter
from collections.abc import Callable
from typing import cast

from shared.runtime.log import log

MIB = 2**20
_PASSED_ON = (
    "abort",
    "close",
    "get_extra_info",
    "get_write_buffer_size",
    "is_closing",
    "pause_reading",
    "resume_reading",
    "write_eof",
)
_SO_NWRITE = 0x1024
"""A socket option of macOS for which Python has no name."""


class CountedTransport:
    """The methods of a transport that uvicorn uses; counts each write."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.given = 0
        self.last = 0
        """Bytes of the last write: they stay in memory whole until all of them are taken."""
        self._write = transport.write
        self._socket: socket.socket = transport.get_extra_info("socket")
        for name in _PASSED_ON:
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes) -> None:
        self.last = len(data)
        self.given += self.last
        self._write(data)

    def waiting(self) -> int:
        """Return the bytes of memory that the unsent data hold."""
        return max(self.last, cast("asyncio.Transport", self).get_write_buffer_size())

    def unread(self) -> int:
        """Return the bytes not yet taken by the other system: those that wait here and those that the kernel keeps."""
        return cast("asyncio.Transport", self).get_write_buffer_size() + _kept_by_kernel(self._socket)

    def reset(self) -> None:
        """End the connection at once; let the kernel discard its data instead of waiting."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast("asyncio.Transport", self).abort()


class AnswerTransport:
    """The methods of a transport that one answer uses; `close` decides how the connection ends."""

    def __init__(self, sent: CountedTransport, close: Callable[[], None]) -> None:
        self.write = sent.write
        self.is_closing = cast("asyncio.Transport", sent).is_closing
        self.close = close


class Backlog:
    """Unsent answers, limited in bytes for each address and in total."""

    def __init__(self, *, most_bytes: int = 256 * MIB, most_bytes_of_one: int = 128 * MIB) -> None:
        self._most = most_bytes
        self._most_of_one = most_bytes_of_one
        self._held: Counter[str] = Counter()
        self._of: dict[CountedTransport, tuple[str, int]] = {}
        """Whose each is and what it holds; the one that has waited longest is the first."""

    def add(self, sent: CountedTransport, address: str) -> None:
        """Count the transport's data; over a limit, reset the longest-waiting connections of the largest address."""
        self.discard(sent)
        self._of[sent] = address, sent.waiting()
        self._held[address] += sent.waiting()
        while self._held.total() > self._most or self._held[address] > self._most_of_one:
            self._let_go(max(self._held, key=self._held.__getitem__))

    def discard(self, sent: CountedTransport) -> None:
        address, held = self._of.pop(sent, ("", 0))
        self._held[address] -= held
        if not self._held[address]:
            del self._held[address]

    def _let_go(self, address: str) -> None:
        longest = next(sent for sent, (owner, _) in self._of.items() if owner == address)
        log().info("too_much_unread", unread_bytes=longest.unread())
        self.discard(longest)
        longest.reset()


def _kept_by_kernel(connection: socket.socket) -> int:
    """Return the bytes in the kernel's send buffer; 0 if the system does not say."""
    kept = 0
    with contextlib.suppress(OSError, ValueError):  # It is closed already.
        if sys.platform == "linux":
            kept = int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        elif sys.platform == "darwin":
            kept = connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    return kept
