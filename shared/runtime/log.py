"""The log: one line of JSON for each event, on standard output, where every platform's collector reads.

Nothing waits for the log or fails because of it. A line that cannot be written now, because nobody reads the pipe or
the disk is full, is kept. When too many are kept, further lines are dropped and counted; the count is logged when there
is room again.
"""

import atexit
import logging
import os
import select
import stat
import sys
import traceback
from collections import deque
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from .settings import settings

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encoder = msgspec.json.Encoder(enc_hook=str)
"""Values without a form in JSON are logged as text; the text of a secret is asterisks."""
_PIECE_BYTES = select.PIPE_BUF
"""A pipe that has room takes so many bytes in one piece."""
_MOST_KEPT_BYTES = 1_048_576
_MOST_AT_ONCE = 64
"""So many kept lines are written before a new one."""


class Log:
    """A line has the fields of its event, then `event`, `level`, `timestamp` and, from `exc_info`, `exception`."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._output = _Output()

    def info(self, event: str, /, **fields: Any) -> None:
        self.write("info", event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        self.write("warning", event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        self.write("error", event, fields)

    def write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """Write the line; `fields` is changed into it."""
        if _LEVELS[level] < self._level:
            return
        fault = fields.pop("exc_info", None)
        fields["event"] = event
        fields["level"] = level
        fields["timestamp"] = datetime.now(UTC)
        if fault is not None:
            fields["exception"] = "".join(traceback.format_exception(fault)).rstrip()
        self._output.write(_encoded(fields))

    def finish(self) -> None:
        """Write the kept lines, as far as possible."""
        self._output.adopt(sys.stdout)
        self._output.flush()


def _encoded(fields: dict[str, Any]) -> bytes:
    try:
        return _encoder.encode(fields) + b"\n"
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        # Such as half a character, or a number beyond 64 bits: written as Python shows it.
        texts = {name: str(value).encode("ascii", "backslashreplace").decode() for name, value in fields.items()}
        return _encoder.encode(texts) + b"\n"


class _Output:
    """The present standard output, written to without waiting."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._file: int | None = None
        self._room: select.poll | None = None
        """Polled before every piece; None for a file, which never waits."""
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._dropped = 0

    def write(self, line: bytes) -> None:
        if sys.stdout is not self._stream:
            self.adopt(sys.stdout)
        if self._kept or self._dropped:
            self._keep(line)
            self.flush()
        elif rest := self._put(line):
            self._keep(rest)

    def flush(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            if not self._kept:
                break
            line = self._kept.popleft()
            rest = self._put(line)
            self._kept_bytes -= len(line) - len(rest)
            if rest:
                self._kept.appendleft(rest)
                return
        if self._dropped and not self._kept:
            fields = {"lines": self._dropped, "event": "log_lines_dropped", "level": "error"}
            self._dropped = 0
            self._keep(_encoded({**fields, "timestamp": datetime.now(UTC)}))
            self.flush()

    def _keep(self, line: bytes) -> None:
        if self._kept_bytes + len(line) > _MOST_KEPT_BYTES:
            self._dropped += 1
            return
        self._kept.append(line)
        self._kept_bytes += len(line)

    def _put(self, line: bytes) -> bytes:
        """Write as much of the line as possible and return the rest.

        One write is tried first, so that lines of several processes do not mix.
        """
        try:
            if self._file is None:
                self._stream.write(line.decode())
                self._stream.flush()
                return b""
            if self._room is None:
                return line[os.write(self._file, line) :]
            while line and self._has_room():
                line = line[os.write(self._file, line[:_PIECE_BYTES]) :]
        except (OSError, ValueError, AttributeError):  # Full, closed or absent.
            return line
        return line

    def _has_room(self) -> bool:
        ready = self._room.poll(0) if self._room is not None else ()
        return bool(ready and ready[0][1] & select.POLLOUT)

    def adopt(self, stream: Any) -> None:
        self._stream, self._file, self._room = stream, None, None
        try:
            self._file = stream.fileno()
            if not stat.S_ISREG(os.fstat(self._file).st_mode):
                self._room = select.poll()
                self._room.register(self._file, select.POLLOUT)
        except (OSError, ValueError, AttributeError):  # No file, closed or absent.
            return


@cache
def log() -> Log:
    """Return the logger of the process, made at its first use: the import of a function configures nothing."""
    made = Log(logging.getLevelNamesMapping()[settings().log_level.upper()])
    atexit.register(made.finish)
    return made
