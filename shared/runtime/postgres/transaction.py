"""Database transactions: a role, its claims and its statements, in as few round trips as possible.

A pool belongs to an event loop and is opened at first use. Connections are in autocommit mode: a pipeline without BEGIN
is one implicit transaction, which ends, with its role and claims, at the pipeline's end.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args

import msgspec

from shared.kernel.errors import NotFound, Refusal
from shared.runtime.deadline import database_time
from shared.runtime.lazy_import import lazy_import
from shared.runtime.settings import settings

from .errors import refusal
from .leases import Lease, lease
from .statement import Query, Rows, Statement

if TYPE_CHECKING:
    import psycopg

    from . import connection as connections
    from .connection import Connection
else:  # The driver takes a quarter of a cold start, and many first answers need no database.
    psycopg, connections = map(lazy_import, ("psycopg", "shared.runtime.postgres.connection"))

_UNDO_S = 1.0
"""The limit for a ROLLBACK, also if the request has no time left; a connection that does not answer is closed."""
_BEGIN, _ROLLBACK = Statement("BEGIN", {}), Statement("ROLLBACK", {})
Row = TypeVar("Row")


class _Forestalled(Exception):  # noqa: N818
    """A refusal of a statement from before a savepoint, which so did not begin; the block must not catch it."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.code)


class Tx:
    """A transaction of one caller, under the role and the claims that `enter` sets.

    If it is read only, every statement is a transaction of its own and one round trip; a read that needs one snapshot
    is one statement. Otherwise one transaction begins with the first statement, in the same round trip, and the code
    that opened it commits it.
    """

    def __init__(self, connection: Callable[[], Any], enter: Statement, *, read_only: bool) -> None:
        self._connect = connection
        self._enter = enter
        self._read_only = read_only
        self._connection: Connection | None = None
        self._begun = False
        self._deferred: list[Statement] = []
        self._failed: Sequence[Statement] = ()
        """The statement that failed in the last refused exchange, and those after it."""
        self._savepoints = 0
        self.admission: Any = None
        """The answer of `enter`, after the first statement."""

    async def one(self, model: type[Row], sql: str | Query, /, **params: Any) -> Row:
        """Return the row.

        Raises:
            NotFound: there is none, or row level security hides it.
        """
        row = await self.find(model, sql, **params)
        if row is None:
            raise NotFound
        return row

    async def find(self, model: type[Row], sql: str | Query, /, **params: Any) -> Row | None:
        found = await self.all(model, sql, **params)
        return found[0] if found else None

    async def all(self, model: type[Row], sql: str | Query, /, **params: Any) -> list[Row]:
        decoder = _json_decoder(cast("Any", model)) if self._read_only else None
        if decoder is None:
            return _converted(await self._run(sql, params), model)
        # Postgres makes one JSON array of the rows, which msgspec reads straight into the model: a fifth of the cost.
        rows = await self._run(as_json(sql), params)
        return decoder.decode(rows.values[0][0])

    async def run(self, sql: str | Query, /, **params: Any) -> int:
        """Run the statement and return the number of rows that it changed."""
        return (await self._run(sql, params)).changed

    async def admit(self) -> None:
        """Enter without a statement, which refuses a caller without rights."""
        if not self._begun:
            await self._run("", {})

    def defer(self, sql: str | Query, /, **params: Any) -> None:
        """Send a statement, whose result nobody needs, with the next one or with the commit.

        If it is refused, the next one is not executed and raises the refusal.
        """
        self._deferred.append(Statement(sql, params))

    async def commit(self) -> None:
        if self._deferred and not self._begun:
            await self.admit()  # First statements are tried again on another connection; a COMMIT must not be.
        if self._begun and not self._read_only:
            await self.run("COMMIT")

    async def rollback(self) -> None:
        if self._begun and not self._read_only and self._connection is not None and not self._connection.broken:
            self._deferred.clear()
            with database_time(_UNDO_S):
                await self._execute(_ROLLBACK)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo only the effects of the block if it is refused; blocks may be nested.

        A refusal of a statement that was deferred before the block also ends the blocks around it.
        """
        self._savepoints += 1
        savepoint = f"SAVEPOINT savepoint_{self._savepoints}"
        mark = Statement(savepoint, {})
        self._deferred.append(mark)
        try:
            yield
        except (Refusal, _Forestalled) as fault:
            refusal = fault.refusal if isinstance(fault, _Forestalled) else fault
            if mark in self._failed:
                raise _Forestalled(refusal) from fault
            if mark in self._deferred:
                del self._deferred[self._deferred.index(mark) :]
            else:
                await self.run(f"ROLLBACK TO {savepoint}")
            raise refusal from refusal.__cause__

    async def _run(self, sql: str | Query, params: dict[str, Any]) -> Rows:
        statement = Statement(sql, params)
        try:
            if self._begun and not self._read_only:
                return await self._execute(statement)
            return await self._open(statement)
        except psycopg.Error as fault:
            raise refusal(fault) from fault

    async def _open(self, statement: Statement) -> Rows:
        """Send the first statement, if any; try again on a dead connection, because nothing is committed yet."""
        for tries_left in reversed(range(settings().database_pool_size + 1)):
            self._connection = await self._connect()
            try:
                return await self._entered(self._connection, statement)
            except connections.AnswerTimeout:
                raise
            except psycopg.OperationalError:
                if not tries_left or not self._connection.broken:
                    raise
        raise AssertionError("unreachable")

    async def _entered(self, connection: "Connection", statement: Statement) -> Rows:
        first = [statement] if statement.sql else []
        if self._read_only:
            entered, *rows = await connection.exchange([self._enter, *first], timeout_s=_timeout_s())
        else:
            self._begun = True
            _, entered, *rows = await self._sent(connection, [_BEGIN, self._enter, *self._deferred, *first])
        self.admission = entered.values[0][0]
        return rows[-1] if rows else entered

    async def _execute(self, statement: Statement) -> Rows:
        if self._connection is None:
            raise AssertionError("a statement before the transaction was entered")
        return (await self._sent(self._connection, [*self._deferred, statement]))[-1]

    async def _sent(self, connection: "Connection", statements: list[Statement]) -> list[Rows]:
        """Return the rows of the statements, among which the deferred ones are."""
        rows, fault = await connection.attempt(statements, timeout_s=_timeout_s())
        if fault is not None and connection.broken:
            raise fault  # Nothing was executed: try another connection.
        self._deferred.clear()
        if fault is not None:
            self._failed = statements[len(rows) :]
            raise fault
        return rows


def request_time() -> database_time:
    """Return the limit of one request's waiting for the database."""
    return database_time(_timeout_s())


def _timeout_s() -> float:
    """Return a little more than the server's own statement timeout, which gives a better error."""
    return settings().database_timeout_s + 1


class transaction(AbstractAsyncContextManager[Tx]):  # noqa: N801  (read as a function; a generator costs more)
    """A transaction that commits at the end of the block and rolls back if it raises; an unused one costs nothing.

    Raises:
        Refusal: a function or a constraint of the database refused.
        Unavailable: the database does not answer.
    """

    def __init__(self, enter: Statement, *, read_only: bool = False) -> None:
        self._lease: Lease | None = None
        self._tx = Tx(self._connect, enter, read_only=read_only)

    async def __aenter__(self) -> Tx:
        return self._tx

    async def __aexit__(
        self, _kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            await (_commit(self._tx) if fault is None else _undo(self._tx))
        finally:
            await self._give_back()
        if isinstance(fault, _Forestalled):
            raise fault.refusal from fault

    async def _connect(self) -> "Connection":
        await self._give_back()
        self._lease = await lease()
        return self._lease.connection

    async def _give_back(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            await lease.give_back()


async def _commit(tx: Tx) -> None:
    try:
        await tx.commit()
    except BaseException:
        await _undo(tx)
        raise


async def _undo(tx: Tx) -> None:
    try:
        await asyncio.shield(tx.rollback())
    except psycopg.Error:
        return  # The connection is gone, and the transaction with it.


@cache
def as_json(sql: str | Query) -> str | Query:
    """Return the statement with all its rows as one value of JSON, which comes as the bytes it is."""
    return _rows_as_json(sql) if isinstance(sql, str) else msgspec.structs.replace(sql, sql=_rows_as_json(sql.sql))


def _rows_as_json(sql: str) -> str:
    return f"SELECT coalesce(json_agg(answer), '[]') FROM (\n{sql}\n) AS answer"


@cache
def _json_decoder(model: Any) -> msgspec.json.Decoder[list[Any]] | None:
    """Return the decoder; None for a model with bytes, which Postgres and msgspec write differently in JSON."""
    binary = any(bytes in (field.type, *get_args(field.type)) for field in msgspec.structs.fields(model))
    return None if binary else msgspec.json.Decoder(list[model])


def _converted(rows: Rows, model: type[Row]) -> list[Row]:
    return [msgspec.convert(dict(zip(rows.columns, values, strict=True)), model) for values in rows.values]
