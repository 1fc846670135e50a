"""Sending on a connection: what was given to it, and how much of that the other side has not taken yet."""

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
"""Of macOS, which Python has no name for."""


class CountedTransport:
    """What uvicorn needs of a transport, where each write is counted."""

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
        """Bytes of memory that what waits here holds."""
        return max(self.last, cast("asyncio.Transport", self).get_write_buffer_size())

    def unread(self) -> int:
        """Bytes that the other side's system has not taken: those that wait here and those that the kernel keeps."""
        return cast("asyncio.Transport", self).get_write_buffer_size() + _kept_by_kernel(self._socket)

    def reset(self) -> None:
        """End the connection at once; the kernel too keeps nothing of it, nor waits."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast("asyncio.Transport", self).abort()


class AnswerTransport:
    """What one answer needs of a transport, where the end of the connection is for `close` to say."""

    def __init__(self, sent: CountedTransport, close: Callable[[], None]) -> None:
        self.write = sent.write
        self.is_closing = cast("asyncio.Transport", sent).is_closing
        self.close = close


class Backlog:
    """Answers that wait here for their readers: of one address and of all together so many bytes and no more."""

    def __init__(self, *, most_bytes: int = 256 * MIB, most_bytes_of_one: int = 128 * MIB) -> None:
        self._most = most_bytes
        self._most_of_one = most_bytes_of_one
        self._held: Counter[str] = Counter()
        self._of: dict[CountedTransport, tuple[str, int]] = {}
        """Whose each is and what it holds; the one that has waited longest is the first."""

    def add(self, sent: CountedTransport, address: str) -> None:
        """Count it in; while it is too much, the address that holds most loses what has waited longest."""
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
        longest = next(sent for sent, (whose, _) in self._of.items() if whose == address)
        log().info("too_much_unread", unread_bytes=longest.unread())
        self.discard(longest)
        longest.reset()


def _kept_by_kernel(connection: socket.socket) -> int:
    """0 where the system does not tell, as if all was taken that the kernel has."""
    kept = 0
    with contextlib.suppress(OSError, ValueError):  # It is closed already.
        if sys.platform == "linux":
            kept = int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        elif sys.platform == "darwin":
            kept = connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    return kept
