"""A job's work: rows that are claimed, worked on between transactions, and set aside alone where that fails."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from shared.runtime import set_aside
from shared.runtime.postgres.transaction import Tx
from shared.runtime.set_aside import Fault, Piece
from shared.runtime.workers import Work, drain

from .transactions import service_statements

AT_ONCE = 8
SET_ASIDE = "set_aside"
Row = TypeVar("Row")
Result = TypeVar("Result")
Claimed_co = TypeVar("Claimed_co", covariant=True)


class Take(Protocol[Claimed_co]):
    """A query that claims one row that is due, of no organization of `spared`."""

    def __call__(self, tx: Tx, *, spared: Sequence[UUID]) -> Awaitable[Claimed_co | None]: ...


async def work_off(
    take: Take[Work], work: Callable[[Work], Awaitable[str | Fault]], *, request_id: str, for_s: float
) -> Counter[str]:
    """Claim rows and work on them until none is due or the time is over; count the outcomes by name.

    A fault counts as SET_ASIDE. Another worker beside this one claims other rows.
    """

    async def claim(spared: Sequence[UUID]) -> Work | None:
        async with service_statements(request_id=request_id) as tx:
            return await take(tx, spared=spared)

    async def outcome(claimed: Work) -> str:
        found = await work(claimed)
        return SET_ASIDE if isinstance(found, Fault) else found

    return await drain(claim, outcome, at_once=AT_ONCE, for_s=for_s)


async def perform(
    piece: Piece,
    row: bytes,
    model: type[Row],
    work: Callable[[Row], Awaitable[Result]],
    *,
    may_be_aside: Callable[[Row], bool] = lambda _: True,
    request_id: str,
) -> Result | Fault:
    """Return the result of the work, or the fault with which the piece, and no other, was set aside.

    `may_be_aside`: whether the piece may be set aside since an earlier try, and is to be cleared.
    """
    read = set_aside.decoded(row, model)
    outcome = read if isinstance(read, Fault) else await set_aside.attempt(partial(work, read))
    async with service_statements(request_id=request_id) as tx:
        if isinstance(outcome, Fault):
            await set_aside.record(tx, piece, outcome)
        elif not isinstance(read, Fault) and may_be_aside(read):
            await set_aside.clear(tx, piece)
    return outcome
