"""A write that is carried out once: its first answer is final, whether a success or a lasting refusal."""

from collections.abc import Callable

from shared.runtime.postgres.connection import DatabaseError
from shared.runtime.postgres.statement import Rows

from . import queries
from .errors import RestRefusal
from .execute import Outcome, Session, checked, fault_of, opening, rolls_back
from .host import Host, IdempotentWrite, Response
from .program import Program
from .request import Request
from .response import refused
from .settings import RestSettings

KEPT = frozenset({400, 404, 409})
"""Statuses of refusals that the same request meets again; after others the next try may succeed."""


def may_be_idempotent(program: Program, request: Request, settings: RestSettings) -> bool:
    """Return whether the request changes something in the end."""
    return not program.task.read_only and request.media.plan is None and not rolls_back(request, settings)


async def execute_idempotent(
    program: Program, request: Request, host: Host, *, write: IdempotentWrite, respond: Callable[[Outcome], Response]
) -> Response:
    """Execute as `execute` does, with the claim before the work, and keep the answer in the same commit.

    Raises:
        RestRefusal: one after which the same request may be sent again.
    """
    entered, *settled = opening(program.task, request, host)
    before = [queries.BEGIN, entered, write.claim, *settled, queries.BEFORE_WORK]
    async with host.connection() as connection:
        session = Session(connection, host)
        try:
            rows, fault = await session.attempt([*before, program.main])
            result = _answer(rows, request, respond) if fault is None else session.refusal(fault)
            if fault is not None and len(rows) < len(before):  # The work was not begun.
                answer, ending = _replayed(write, fault, result), [queries.ROLLBACK]
            elif isinstance(result, Response):
                answer, ending = result, [write.keep(result), queries.COMMIT]
            else:
                answer = _kept(result)
                ending = [queries.UNDO_WORK, write.keep(answer), queries.COMMIT]
            await session.exchange(ending)
        except BaseException:
            await session.undo()
            raise
    return answer


def _answer(rows: list[Rows], request: Request, respond: Callable[[Outcome], Response]) -> Response | RestRefusal:
    try:
        return respond(Outcome(checked(rows[-1], request)))
    except RestRefusal as refusal:
        return refusal


def _replayed(write: IdempotentWrite, fault: DatabaseError, result: Response | RestRefusal) -> Response:
    replayed = write.replayed(fault_of(fault)) if fault.sqlstate else None
    if replayed is not None:
        return replayed
    if isinstance(result, RestRefusal):
        raise result from fault
    raise AssertionError("no answer, and no refusal")


def _kept(refusal: RestRefusal) -> Response:
    if refusal.status not in KEPT:
        raise refusal
    return refused(refusal)
