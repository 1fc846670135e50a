"""Context managers that deeper code can read: the innermost block of a kind is the current one."""

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, ClassVar


class Block:
    """A block whose kind keeps it in `current`. A class, because a generator costs every request more."""

    __slots__ = ("_outer",)
    current: ClassVar[ContextVar[Any]]
    _outer: Token[Any]

    def __enter__(self) -> None:
        self._outer = self.current.set(self)

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.current.reset(self._outer)
