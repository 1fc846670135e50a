"""Workers over a queue: every worker takes one piece at a time, so that a slow piece delays no other worker."""

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
    """Perform pieces until none is due or the time is over; count the outcomes by name.

    `take` gets the organizations that use half of the workers already, and takes no piece of theirs.
    """
    until = time.monotonic() + for_s
    outcomes: Counter[str] = Counter()
    busy: Counter[UUID] = Counter()
    turn = asyncio.Lock()

    async def work() -> None:
        while time.monotonic() < until:
            async with turn:
                piece = await take([owner for owner, held in busy.items() if held >= max(1, at_once // 2)])
                if piece is None:
                    return
                busy[piece.organization_id] += 1
            try:
                outcomes[await perform(piece)] += 1
            finally:
                busy[piece.organization_id] -= 1

    for fault in await asyncio.gather(*(work() for _ in range(at_once)), return_exceptions=True):
        if isinstance(fault, BaseException):
            raise fault
    return outcomes
