"""Workers over a queue: each takes one piece at a time, so that a slow one holds up nobody but its own worker."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID


class Owned(Protocol):
    """Work of one organization."""

    @property
    def organization_id(self) -> UUID: ...


Work = TypeVar("Work", bound=Owned)


async def drain(
    take: Callable[[Sequence[UUID]], Awaitable[Work | None]],
    perform: Callable[[Work], Awaitable[str]],
    *,
    at_once: int,
    for_s: float,
) -> Counter[str]:
    """What became of the pieces, until none is due or the time is over.

    `take` gets the organizations that have their share of the workers already, half of them, and takes none of theirs.
    """
    until = time.monotonic() + for_s
    outcomes: Counter[str] = Counter()
    busy: Counter[UUID] = Counter()
    turn = asyncio.Lock()

    async def work() -> None:
        while time.monotonic() < until:
            async with turn:
                piece = await take([each for each, held in busy.items() if held >= max(1, at_once // 2)])
                if piece is None:
                    return
                busy[piece.organization_id] += 1
            try:
                outcomes[await perform(piece)] += 1
            finally:
                busy[piece.organization_id] -= 1

    for each in await asyncio.gather(*(work() for _ in range(at_once)), return_exceptions=True):
        if isinstance(each, BaseException):
            raise each
    return outcomes
