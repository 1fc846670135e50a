"""One JSON line per event on standard output, where every platform's collector reads."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from .settings import settings

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_encoder = msgspec.json.Encoder(enc_hook=str)
"""Whatever has no form in JSON is told as text; a secret's text is asterisks."""


class Log:
    """A line has its event's own fields, then `event`, `level`, `timestamp` and, of `exc_info`, the `exception`."""

    def __init__(self, level: int) -> None:
        self._level = level

    def info(self, event: str, /, **fields: Any) -> None:
        self.tell("info", event, fields)

    def warning(self, event: str, /, **fields: Any) -> None:
        self.tell("warning", event, fields)

    def error(self, event: str, /, **fields: Any) -> None:
        self.tell("error", event, fields)

    def tell(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """`fields` becomes the line."""
        if _LEVELS[level] < self._level:
            return
        fault = fields.pop("exc_info", None)
        fields["event"] = event
        fields["level"] = level
        fields["timestamp"] = datetime.now(UTC)
        if fault is not None:
            fields["exception"] = "".join(traceback.format_exception(fault)).rstrip()
        # One write for one line, so that lines of several processes never mix.
        sys.stdout.write(_encoder.encode(fields).decode() + "\n")
        sys.stdout.flush()


@cache
def log() -> Log:
    """The process's logger; made at first use, because importing a function must configure nothing."""
    return Log(logging.getLevelNamesMapping()[settings().log_level.upper()])
