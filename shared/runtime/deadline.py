"""How long a request may wait for the database in all, over every connection and statement that it asks for.

What it spends elsewhere, reading its body or calling a provider, is not counted.
"""

import math
from contextvars import ContextVar

from .blocks import Block

_current: ContextVar["database_time | None"] = ContextVar("database_time", default=None)


class database_time(Block):  # noqa: N801  (read as a function)
    """The time for the length of the block, in place of the one around it; None sets no limit."""

    __slots__ = ("left_s",)
    current = _current

    def __init__(self, seconds: float | None) -> None:
        self.left_s = math.inf if seconds is None else seconds


def left_s(most: float) -> float:
    """What may still be waited, and never more than `most`; zero or less where the time is spent."""
    current = _current.get()
    return most if current is None or most < current.left_s else current.left_s


def spend(seconds: float) -> None:
    current = _current.get()
    if current is not None:
        current.left_s -= seconds
