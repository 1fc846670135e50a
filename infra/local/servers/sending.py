"""Sending on a connection: what was given to it, and how much of that the other side has not taken yet."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys
import termios
from typing import cast

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
        self._write = transport.write
        self._socket: socket.socket = transport.get_extra_info("socket")
        for name in _PASSED_ON:
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes) -> None:
        self.given += len(data)
        self._write(data)

    def unread(self) -> int:
        """Bytes that the other side's system has not taken: those that wait here and those that the kernel keeps."""
        return cast("asyncio.Transport", self).get_write_buffer_size() + _kept_by_kernel(self._socket)

    def reset(self) -> None:
        """End the connection at once; the kernel too keeps nothing of it, nor waits."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast("asyncio.Transport", self).abort()


def _kept_by_kernel(connection: socket.socket) -> int:
    """0 where the system does not tell, as if all was taken that the kernel has."""
    kept = 0
    with contextlib.suppress(OSError, ValueError):  # It is closed already.
        if sys.platform == "linux":
            kept = int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        elif sys.platform == "darwin":
            kept = connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
    return kept
