"""Blocks that code deeper within asks for: what the innermost one of a kind says holds for as long as it lasts."""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, ClassVar


class Block:
    """`current` is the kind's own variable. A class, because a generator costs each request more."""

    __slots__ = ("_outer",)
    current: ClassVar[ContextVar[Any]]
    _outer: Token[Any]

    def __enter__(self) -> None:
        self._outer = self.current.set(self)

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.current.reset(self._outer)
