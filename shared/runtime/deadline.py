"""How long a request may wait for the database in all, over every connection and statement that it asks for.

What it spends elsewhere, reading its body or calling a provider, is not counted.
"""

import math
from contextvars import ContextVar, Token
from types import TracebackType


class database_time:  # noqa: N801  (read as a function; a generator costs more)
    """The time for the length of the block, in place of the one around it; None sets no limit."""

    __slots__ = ("_outer", "left_s")

    def __init__(self, seconds: float | None) -> None:
        self.left_s = math.inf if seconds is None else seconds
        self._outer: Token[database_time | None] | None = None

    def __enter__(self) -> None:
        self._outer = _current.set(self)

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._outer is not None:
            _current.reset(self._outer)


_current: ContextVar[database_time | None] = ContextVar("database_time", default=None)


def left_s(most: float) -> float:
    """What may still be waited, and never more than `most`; zero or less where the time is spent."""
    current = _current.get()
    return most if current is None or most < current.left_s else current.left_s


def spend(seconds: float) -> None:
    current = _current.get()
    if current is not None:
        current.left_s -= seconds
