"""The transaction of one request: enter as the caller, set the request's settings, run it, commit or roll back."""

import asyncio
from contextlib import suppress

import msgspec

from shared.runtime.deadline import database_time
from shared.runtime.postgres.connection import AnswerTimeout, Connection, DatabaseError
from shared.runtime.postgres.statement import Rows, Statement

from . import errors, queries
from .bounds import answer_too_large
from .host import Host
from .media import MediaType
from .plan.task import Task
from .preferences import Ending
from .program import Program
from .request import Action, Request
from .settings import RestSettings
from .sql.answer import Result, pre_request_statement


class Outcome(msgspec.Struct, frozen=True):
    """The result of a program.

    `total` is the number of rows on all pages, if the request wants it; a `plan` comes instead of a result.
    """

    result: Result
    total: int | None = None
    plan: str | None = None


async def execute(program: Program, request: Request, host: Host) -> Outcome:
    """Carry the program out.

    Raises:
        RestRefusal: the database's, or for what the preferences do not allow; nothing was changed then.
    """
    task = program.task
    estimate = [program.estimate] if program.estimate is not None else []
    statements = [*opening(task, request, host), program.main]
    if task.read_only:
        answers = await _read([*statements, *estimate], host)
    else:
        async with host.connection() as connection:
            answers = await _changed(Session(connection, host), statements, request, host.settings)
    if request.media.plan is not None:
        return Outcome(_NOTHING, plan=_lines(answers[-1]))
    result = checked(answers[-1 - len(estimate)], request)
    return Outcome(result, _total(result, answers[-1] if estimate else None, host.settings))


async def _read(statements: list[Statement], host: Host) -> list[Rows]:
    """Run the statements; try once more after a lost connection, but not after a timeout."""
    async with host.connection() as connection:
        session = Session(connection, host)
        try:
            return await session.exchange(statements)
        except errors.RestRefusal:
            if not session.was_lost:
                raise
    async with host.connection() as connection:
        return await Session(connection, host).exchange(statements)


async def ask(statement: Statement, request: Request, host: Host) -> Rows:
    """Run a reading statement of our own as the caller.

    Raises:
        RestRefusal: the database's.
    """
    async with host.connection() as connection:
        entered = host.enter(request, read_only=True)
        return (await Session(connection, host).exchange([entered, statement]))[-1]


_UNDO_S = 1.0
"""Time for a ROLLBACK, also when the request's time is spent; a connection that does not answer is closed instead."""
_NOTHING = Result("", 0, None, None, None, None, 0)


class Session:
    """One connection, whose errors become refusals for the client."""

    def __init__(self, connection: Connection, host: Host) -> None:
        self._connection = connection
        self._host = host
        self.was_lost = False

    async def exchange(self, statements: list[Statement]) -> list[Rows]:
        try:
            return await self._connection.exchange(statements, timeout_s=self._host.timeout_s)
        except DatabaseError as fault:
            raise self.refusal(fault) from fault

    async def attempt(self, statements: list[Statement]) -> tuple[list[Rows], DatabaseError | None]:
        """Return the answers up to the statement that failed, and its error."""
        try:
            return await self._connection.attempt(statements, timeout_s=self._host.timeout_s)
        except DatabaseError as fault:
            raise self.refusal(fault) from fault

    async def undo(self) -> None:
        """Undo the transaction, so that the connection is as it was when it was lent."""
        if not self._connection.broken and not self._connection.closed:
            # If the connection is lost meanwhile, the transaction is rolled back too.
            with suppress(DatabaseError), database_time(_UNDO_S):
                await asyncio.shield(self._connection.exchange([queries.ROLLBACK], timeout_s=self._host.timeout_s))

    def refusal(self, fault: DatabaseError) -> errors.RestRefusal:
        found = self._lost(fault) if fault.sqlstate is None else self._refused(fault_of(fault))
        if found.status in (errors.AWAY, errors.FAULT):
            self._host.failed(f"{fault.sqlstate or type(fault).__name__}: {fault}")
        return found

    def _lost(self, fault: DatabaseError) -> errors.RestRefusal:
        self.was_lost = self._connection.broken and not isinstance(fault, AnswerTimeout)
        unanswered = self._connection.broken or isinstance(fault, AnswerTimeout)
        return errors.unreachable() if unanswered else errors.client_fault()

    def _refused(self, fault: errors.DatabaseFault) -> errors.RestRefusal:
        settings = self._host.settings
        too_large = answer_too_large(fault.message, settings.bounds.answer_bytes)
        return too_large or errors.of_database(fault, anonymous=self._host.anonymous, statuses=dict(settings.statuses))


def fault_of(error: DatabaseError) -> errors.DatabaseFault:
    diagnostics = error.diag
    return errors.DatabaseFault(
        error.sqlstate or "", diagnostics.message_primary or "", diagnostics.message_detail, diagnostics.message_hint
    )


async def _changed(
    session: Session, statements: list[Statement], request: Request, settings: RestSettings
) -> list[Rows]:
    """Return the answers, the last for the main statement.

    One exchange is the whole transaction, unless the answers decide how it ends.
    """
    undoes = rolls_back(request, settings)
    if not _is_checked(request) and not undoes:
        return await session.exchange(statements)
    ending = [queries.CHECK_CONSTRAINTS, queries.ROLLBACK] if undoes else [queries.COMMIT]
    try:
        answers = await session.exchange([queries.BEGIN, *statements])
        if request.media.plan is None:
            checked(answers[-1], request)
        await session.exchange(ending)
    except BaseException:
        await session.undo()
        raise
    return answers


def rolls_back(request: Request, settings: RestSettings) -> bool:
    wanted = request.preferences.tx
    return wanted is Ending.ROLLBACK or (settings.tx_end.rolls_back and wanted is not Ending.COMMIT)


def opening(task: Task, request: Request, host: Host) -> list[Statement]:
    entered = [
        host.enter(request, read_only=task.read_only),
        queries.set_locally(_settings(task, request, host.settings)),
    ]
    before = host.settings.pre_request
    return [*entered, pre_request_statement(before)] if before is not None else entered


def _settings(task: Task, request: Request, settings: RestSettings) -> str:
    """Return the settings of the transaction, and those in which its statements find the request, as JSON."""
    path = dict.fromkeys((request.schema, *settings.extra_search_path))
    chosen = {
        "search_path": ", ".join('"' + schema.replace('"', '""') + '"' for schema in path),
        "request.method": request.method,
        "request.path": request.path,
        "request.headers": msgspec.json.encode(request.headers).decode(),
        "request.cookies": msgspec.json.encode(request.cookies).decode(),
        **{f"app.settings.{name}": value for name, value in settings.app_settings},
    }
    if settings.bounds.statement_ms is not None:
        chosen["statement_timeout"] = str(settings.bounds.statement_ms)
    if request.preferences.timezone is not None:
        chosen["timezone"] = request.preferences.timezone
    if task.call is not None:
        chosen |= task.call.function.settings
    if task.read_only:
        chosen["transaction_read_only"] = "on"
    return msgspec.json.encode(chosen).decode()


def _total(result: Result, estimate: Rows | None, settings: RestSettings) -> int | None:
    if estimate is None:
        return result.total
    planned = int(msgspec.json.decode(_text(estimate.values[0][0]))[0]["Plan"]["Plan Rows"])
    if result.total is None:
        return planned
    is_cut = settings.max_rows is not None and result.total > settings.max_rows
    return max(result.total, planned) if is_cut else result.total


def _is_checked(request: Request) -> bool:
    if request.media.plan is not None:
        return False
    limited = request.preferences.strict and request.preferences.max_affected is not None
    return limited or request.action is Action.PUT or request.media.type is MediaType.SINGULAR


def checked(rows: Rows, request: Request) -> Result:
    """Return the result; refuse it when its rows are not as many as the preferences and the verb require."""
    result = Result(*rows.values[0])
    _check(result, request)
    return result


def _check(result: Result, request: Request) -> None:
    if request.action is Action.PUT:
        if result.rows != 1:
            raise errors.put_key_mismatch()
        return
    if request.media.type is MediaType.SINGULAR and result.rows != 1:
        raise errors.not_singular(result.rows)
    most = request.preferences.max_affected
    writes = request.action in (Action.UPDATE, Action.DELETE, Action.CALL)
    if writes and most is not None and request.preferences.strict and result.rows > most:
        raise errors.too_many_affected(result.rows)


def _lines(rows: Rows) -> str:
    return "\n".join(_text(value) for (value,) in rows.values)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
