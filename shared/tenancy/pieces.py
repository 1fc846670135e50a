"""The work on one row that a job claimed: it runs between transactions, and a row that fails is set aside alone."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from shared.runtime import set_aside
from shared.runtime.set_aside import Fault, Piece

from .transactions import service_statements

Row = TypeVar("Row")
Result = TypeVar("Result")


async def worked(
    piece: Piece,
    row: bytes,
    model: type[Row],
    work: Callable[[Row], Awaitable[Result]],
    *,
    may_be_aside: Callable[[Row], bool] = lambda _: True,
    request_id: str,
) -> Result | Fault:
    """Return the result of the work, or the fault for which the piece was set aside; other rows go on.

    `may_be_aside` says whether an earlier try may have set the piece aside: it is then removed from there.
    """
    read = set_aside.decoded(row, model)
    outcome = read if isinstance(read, Fault) else await set_aside.attempt(partial(work, read))
    async with service_statements(request_id=request_id) as tx:
        if isinstance(outcome, Fault):
            await set_aside.record(tx, piece, outcome)
        elif not isinstance(read, Fault) and may_be_aside(read):
            await set_aside.clear(tx, piece)
    return outcome
