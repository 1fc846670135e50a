"""The time that a request may wait for the database in all, over all its connections and statements.

Time that is spent elsewhere, such as reading the body or calling a provider, is not counted.
"""

import math
from contextvars import ContextVar

from .blocks import Block

_current: ContextVar["database_time | None"] = ContextVar("database_time", default=None)


class database_time(Block):  # noqa: N801  (read as a function)
    """A limit for the block, in place of the limit around it; None sets no limit."""

    __slots__ = ("left_s",)
    current = _current

    def __init__(self, seconds: float | None) -> None:
        self.left_s = math.inf if seconds is None else seconds


def left_s(most: float) -> float:
    """Return the seconds that remain, `most` at the most; zero or less if the time is spent."""
    current = _current.get()
    return most if current is None or most < current.left_s else current.left_s


def spend(seconds: float) -> None:
    """Subtract the seconds from what remains."""
    current = _current.get()
    if current is not None:
        current.left_s -= seconds
