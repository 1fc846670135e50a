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
_FORWARDED = (
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
        self.written = 0
        self.last_write = 0
        """Bytes of the last write: they stay in memory whole until all of them are taken."""
        self._write = transport.write
        self._socket: socket.socket = transport.get_extra_info("socket")
        for name in _FORWARDED:
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes) -> None:
        self.last_write = len(data)
        self.written += self.last_write
        self._write(data)

    def unsent_bytes(self) -> int:
        """Return the bytes of memory that the unsent data hold."""
        return max(self.last_write, cast("asyncio.Transport", self).get_write_buffer_size())

    def unread_bytes(self) -> int:
        """Return the bytes not yet taken by the other system: those that wait here and those that the kernel keeps."""
        return cast("asyncio.Transport", self).get_write_buffer_size() + _kernel_bytes(self._socket)

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
        self._bytes_of: Counter[str] = Counter()
        self._entries: dict[CountedTransport, tuple[str, int]] = {}
        """Whose each is and what it holds; the one that has waited oldest is the first."""

    def add(self, sent: CountedTransport, address: str) -> None:
        """Count the transport's data; over a limit, reset the oldest-waiting connections of the largest address."""
        self.discard(sent)
        self._entries[sent] = address, sent.unsent_bytes()
        self._bytes_of[address] += sent.unsent_bytes()
        while self._bytes_of.total() > self._most or self._bytes_of[address] > self._most_of_one:
            self._reset_oldest(max(self._bytes_of, key=self._bytes_of.__getitem__))

    def discard(self, sent: CountedTransport) -> None:
        address, held = self._entries.pop(sent, ("", 0))
        self._bytes_of[address] -= held
        if not self._bytes_of[address]:
            del self._bytes_of[address]

    def _reset_oldest(self, address: str) -> None:
        oldest = next(sent for sent, (owner, _) in self._entries.items() if owner == address)
        log().info("too_much_unread", unread_bytes=oldest.unread_bytes())
        self.discard(oldest)
        oldest.reset()


def _kernel_bytes(connection: socket.socket) -> int:
    """Return the bytes in the kernel's send buffer; 0 if the system does not say."""
    kept = 0
    with contextlib.suppress(OSError, ValueError):  # The socket is closed already.
        if sys.platform == "linux":
            kept = int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        elif sys.platform == "darwin":
            kept = connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    return kept
