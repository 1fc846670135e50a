"""One JSON line per event on standard output, where every platform's collector reads."""

import logging
from functools import cache
from typing import Any

import msgspec
import structlog

from .settings import settings


@cache
def log() -> structlog.typing.FilteringBoundLogger:
    """The process's logger; made at first use, because importing a function must configure nothing."""
    level = logging.getLevelNamesMapping()[settings().log_level.upper()]
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_encode),
        ],
    )
    return logger


def _encode(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
