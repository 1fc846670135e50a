"""A Postgres connection that exchanges several statements in one round trip, at little more than libpq's own cost.

psycopg connects, pools, adapts values and knows the errors. Its cursors are not used, because they cost more than a
short read: statements are sent prepared in one pipeline and read when all answers are there (docs/decisions/0012).
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from time import monotonic
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg.abc import Transformer
from psycopg.adapt import PyFormat
from psycopg.adapt import Transformer as NewTransformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from shared.runtime import deadline

from .reader import Reader
from .statement import Rows, Statement

_MOST_PREPARED = 500
_MOST_AD_HOC = 100
_FAILED = frozenset(map(int, (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)))
_AUTO = PyFormat.AUTO  # The lookup of an enumeration's member is slow.
_WITH_ROWS, _IDLE = int(ExecStatus.TUPLES_OK), int(TransactionStatus.IDLE)
_UNSUPPORTED, _UNKNOWN = "0A000", "26000"
_PLAN_CHECK = "RevalidateCachedQuery"
"""The function of Postgres that refuses prepared statements of altered tables; the code alone does not tell them."""

DatabaseError = psycopg.Error
"""The errors of an exchange; those that the driver finds have no SQLSTATE."""


class AnswerTimeout(psycopg.OperationalError):
    """The database did not answer in the time that was left; the statements are not tried on another connection."""


class _Prepared:
    """A statement that the server knows by name once it `is_known`, with the columns of its first answer."""

    __slots__ = ("columns", "is_known", "name")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.is_known = False
        self.columns: list[str] | None = None


_Known = dict[tuple[bytes, tuple[int, ...]], _Prepared]
"""Prepared statements by text and parameter types."""


class _Ready(msgspec.Struct, frozen=True):
    """A statement with its values in the form of the protocol."""

    sql: bytes
    values: Sequence[Any]
    types: tuple[int, ...]
    formats: Sequence[Any]
    known: _Known | None
    """The prepared statements that it belongs to; None for a statement that is sent once."""


class Answers(NamedTuple):
    """The answers up to the first statement that failed; those after it were not executed."""

    rows: list[Rows]
    fault: psycopg.Error | None = None


class Connection(psycopg.AsyncConnection[Any]):
    """A connection in autocommit mode. Statements of one exchange without BEGIN are one transaction."""

    prepares = True
    """Whether statements are prepared; false behind a transaction pooler that does not support it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._own: _Known = {}
        self._ad_hoc: OrderedDict[tuple[bytes, tuple[int, ...]], _Prepared] = OrderedDict()
        self._numbers = count()
        self._transformer: Transformer | None = None
        self._reader: Reader | None = None
        self.made_at = self.used_at = monotonic()
        """The time of the server's last answer."""

    async def exchange(self, statements: Sequence[Statement], *, timeout_s: float) -> list[Rows]:
        """Send all statements, then read all answers, in one round trip.

        Raises:
            psycopg.Error: the first statement that failed; those after it were not executed. Also as `attempt`.
        """
        rows, fault = await self.attempt(statements, timeout_s=timeout_s)
        if fault is not None:
            raise fault
        return rows

    async def attempt(self, statements: Sequence[Statement], *, timeout_s: float) -> Answers:
        """Exchange the statements as `exchange` does, and return the fault with the answers before it.

        Raises:
            AnswerTimeout: no answer came in time, or in what remains of the request's time. If none remains, nothing
                is sent.
            psycopg.OperationalError: no answer came at all. The connection is broken then, and also after a timeout or
                a cancellation: answers that still arrive belong to nobody.
        """
        began = monotonic()
        limit_s = deadline.left_s(timeout_s)
        if limit_s <= 0:
            raise AnswerTimeout("the request has used up its time for the database")
        if self._transformer is None or self._reader is None:
            self._transformer, self._reader = NewTransformer(self), Reader(self.pgconn)
        transformer = self._transformer
        ready = [*self._evictions(), *[self._adapted(transformer, statement) for statement in statements]]
        try:
            self.pgconn.enter_pipeline_mode()
            prepared = [self._send(statement) for statement in ready]
            self.pgconn.pipeline_sync()
            results = await self._reader.all(timeout_s=limit_s)
            self.pgconn.exit_pipeline_mode()
        except TimeoutError as fault:
            self._finish()
            raise AnswerTimeout("the database did not answer in time") from fault
        except BaseException:
            self._finish()
            raise
        finally:
            self.used_at = now = monotonic()
            deadline.spend(now - began)
        rows, failed = self._read(transformer, ready, prepared, results)
        return Answers(rows[len(ready) - len(statements) :], failed)

    async def wait(self, *arguments: Any, **options: Any) -> Any:
        """Wait as psycopg does in its own operations, without the reader."""
        if self._reader is None:
            return await super().wait(*arguments, **options)
        self._reader.pause()
        try:
            return await super().wait(*arguments, **options)
        finally:
            if self.closed:
                self._reader.stop()

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.stop()
        await super().close()

    def _finish(self) -> None:
        """Close the connection at once; it goes back to the pool broken."""
        if self._reader is not None:
            self._reader.stop()
        self.pgconn.finish()

    def is_alive(self) -> bool:
        """Return whether the idle connection is open, as far as its server has said, without a round trip."""
        if self.closed or self.broken:
            return False
        try:
            self.pgconn.consume_input()
        except psycopg.OperationalError:
            self._finish()
            return False
        return not self.broken

    def _evictions(self) -> list[_Ready]:
        """Return statements that deallocate old ad hoc statements; none within a transaction, which may have failed."""
        evictions: list[_Ready] = []
        while len(self._ad_hoc) > _MOST_AD_HOC and self.pgconn.transaction_status == _IDLE:
            _, oldest = self._ad_hoc.popitem(last=False)
            evictions.append(_Ready(b"DEALLOCATE " + oldest.name, (), (), (), None))
        return evictions

    def _adapted(self, transformer: Transformer, statement: Statement) -> _Ready:
        text = statement.text()
        known = self._ad_hoc if statement.ad_hoc or text.varies else self._own
        if not text.names:
            return _Ready(text.sql, (), (), (), known)
        given = [statement.params[name] for name in text.names]
        values = transformer.dump_sequence(given, [_AUTO] * len(given))
        return _Ready(text.sql, values, tuple(transformer.types or ()), transformer.formats or (), known)

    def _send(self, ready: _Ready) -> _Prepared | None:
        """Send the statement by its prepared name, prepared now if necessary; return None for one that is sent once."""
        key = (ready.sql, ready.types)
        prepared = ready.known.get(key) if ready.known is not None else None
        if prepared is not None:
            if ready.known is self._ad_hoc:
                self._ad_hoc.move_to_end(key)
        elif self._prepares(ready):
            prepared = _Prepared(b"nexus_%d" % next(self._numbers))
            self.pgconn.send_prepare(prepared.name, ready.sql, ready.types)
        if prepared is None:
            self.pgconn.send_query_params(ready.sql, ready.values, ready.types, ready.formats)
        else:
            self.pgconn.send_query_prepared(prepared.name, ready.values, ready.formats)
        return prepared

    def _prepares(self, ready: _Ready) -> bool:
        if not self.prepares or ready.known is None:
            return False
        return ready.known is self._ad_hoc or len(self._own) < _MOST_PREPARED

    def _read(
        self,
        transformer: Transformer,
        ready: list[_Ready],
        sent: list[_Prepared | None],
        results: list[PGresult],
    ) -> Answers:
        answers = iter(results)
        rows: list[Rows] = []
        try:
            for statement, prepared in zip(ready, sent, strict=True):
                if prepared is not None and not prepared.is_known and statement.known is not None:
                    self._check(next(answers))
                    prepared.is_known = True
                    statement.known[statement.sql, statement.types] = prepared
                result = next(answers)
                if result.status != _WITH_ROWS:
                    self._check(result)
                    rows.append(Rows([], [], result.command_tuples or 0))
                    continue
                transformer.set_pgresult(result)
                values = transformer.load_rows(0, result.ntuples, tuple)
                rows.append(Rows(_columns(result, prepared), values, result.command_tuples or 0))
            for result in answers:  # The commit of an implicit transaction fails after all answers.
                self._check(result)
        except psycopg.Error as fault:
            return Answers(rows, fault)
        return Answers(rows)

    def _check(self, result: PGresult) -> None:
        if result.status not in _FAILED:
            return
        fault = psycopg.errors.error_from_result(result)
        if _is_stale(fault):
            self._finish()
            raise psycopg.OperationalError("a prepared statement is out of date") from fault
        raise fault


def _is_stale(fault: psycopg.Error) -> bool:
    """Return whether its tables were altered or the server does not know it; another connection can execute it."""
    altered = fault.sqlstate == _UNSUPPORTED and fault.diag.source_function == _PLAN_CHECK
    return altered or fault.sqlstate == _UNKNOWN


def _columns(result: PGresult, prepared: _Prepared | None) -> list[str]:
    if prepared is not None and prepared.columns is not None:
        return prepared.columns
    columns = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
    if prepared is not None:
        prepared.columns = columns
    return columns
