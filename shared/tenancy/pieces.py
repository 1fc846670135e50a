"""One row that a job claimed: read, worked on between transactions, and set aside alone where either fails."""

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
    """The work's result, or the fault that the piece was set aside with; whatever is wrong with it is its own.

    `may_be_aside`: whether it may stand there from a try before, and is to be taken off.
    """
    read = set_aside.decoded(row, model)
    outcome = read if isinstance(read, Fault) else await set_aside.attempt(partial(work, read))
    async with service_statements(request_id=request_id) as tx:
        if isinstance(outcome, Fault):
            await set_aside.record(tx, piece, outcome)
        elif not isinstance(read, Fault) and may_be_aside(read):
            await set_aside.clear(tx, piece)
    return outcome
