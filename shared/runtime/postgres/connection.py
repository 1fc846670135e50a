"""Several statements in one round trip, at little more than libpq's own cost.

psycopg connects, pools, adapts values and knows the errors. Its cursors, which cost more than a short read itself, are
left out: statements are sent prepared in one pipeline and read when all answers are there (docs/decisions/0012).
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import count
from time import monotonic
from typing import Any, NamedTuple

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
_AUTO = PyFormat.AUTO  # Members of an enumeration are looked up slowly.
_WITH_ROWS, _IDLE = int(ExecStatus.TUPLES_OK), int(TransactionStatus.IDLE)
_UNSUPPORTED, _UNKNOWN = "0A000", "26000"
_PLAN_CHECK = "RevalidateCachedQuery"
"""Where Postgres refuses a prepared statement whose tables were altered; anything else may be unsupported too."""

DatabaseError = psycopg.Error
"""Whatever an exchange raises; without an SQLSTATE where the driver found it by itself."""


class AnswerTimeout(psycopg.OperationalError):
    """The database did not answer in the time that was left. Whoever asked is told: nobody else is asked instead."""


class _Prepared:
    """A statement that the server knows by a name, once it `is_known`; its columns once it has answered."""

    __slots__ = ("columns", "is_known", "name")

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.is_known = False
        self.columns: list[str] | None = None


_Known = dict[tuple[bytes, tuple[int, ...]], _Prepared]
"""By text and types of the parameters."""


class _Ready(NamedTuple):
    """A statement with its values as they travel."""

    sql: bytes
    values: Sequence[Any]
    types: tuple[int, ...]
    formats: Sequence[Any]
    known: _Known | None
    """Among which it is prepared; None for what is sent once."""


class Answers(NamedTuple):
    """What was answered until a statement failed; the statements after it were not carried out."""

    rows: list[Rows]
    fault: psycopg.Error | None = None


class Connection(psycopg.AsyncConnection[Any]):
    """A connection in autocommit mode. Statements exchanged together without BEGIN are one transaction."""

    prepares = True
    """Whether statements are prepared; not behind a transaction pooler that does not carry them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._own: _Known = {}
        self._ad_hoc: OrderedDict[tuple[bytes, tuple[int, ...]], _Prepared] = OrderedDict()
        self._numbers = count()
        self._transformer: Transformer | None = None
        self._reader: Reader | None = None
        self.made_at = self.used_at = monotonic()
        """When the server last answered here."""

    async def exchange(self, statements: Sequence[Statement], *, timeout_s: float) -> list[Rows]:
        """Send them all, then read all answers: one round trip.

        Raises:
            psycopg.Error: of the first statement that failed; those after it were not carried out. As `attempt`, too.
        """
        rows, fault = await self.attempt(statements, timeout_s=timeout_s)
        if fault is not None:
            raise fault
        return rows

    async def attempt(self, statements: Sequence[Statement], *, timeout_s: float) -> Answers:
        """As `exchange`, for who must know which statement failed.

        Raises:
            AnswerTimeout: no answer in time, of which the request may have less left. Where none was left, nothing was
                sent.
            psycopg.OperationalError: no answer at all. The connection is broken then, as it is when an answer did not
                come in time or the caller was cancelled: what is still on the wire belongs to nobody.
        """
        began = monotonic()
        limit_s = deadline.left_s(timeout_s)
        if limit_s <= 0:
            raise AnswerTimeout("the request's time for the database is spent")
        if self._transformer is None or self._reader is None:
            self._transformer, self._reader = NewTransformer(self), Reader(self.pgconn)
        transformer = self._transformer
        ready = [*self._evictions(), *[self._adapted(transformer, statement) for statement in statements]]
        try:
            self.pgconn.enter_pipeline_mode()
            prepared = [self._send(each) for each in ready]
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
        """As psycopg's, by which it waits for whatever it does itself."""
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
        """Close it at once: it goes back to the pool broken."""
        if self._reader is not None:
            self._reader.stop()
        self.pgconn.finish()

    def is_alive(self) -> bool:
        """Whether the idle connection still has its server, as far as the server said goodbye; costs no round trip."""
        if self.closed or self.broken:
            return False
        try:
            self.pgconn.consume_input()
        except psycopg.OperationalError:
            self._finish()
            return False
        return not self.broken

    def _evictions(self) -> list[_Ready]:
        """What makes room among the ad hoc statements, between transactions: one that failed takes no more."""
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
        """By the name under which it is prepared, now if need be; None for what is sent once."""
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
            for each, prepared in zip(ready, sent, strict=True):
                if prepared is not None and not prepared.is_known and each.known is not None:
                    self._check(next(answers))
                    prepared.is_known = True
                    each.known[each.sql, each.types] = prepared
                result = next(answers)
                if result.status != _WITH_ROWS:
                    self._check(result)
                    rows.append(Rows([], [], result.command_tuples or 0))
                    continue
                transformer.set_pgresult(result)
                values = transformer.load_rows(0, result.ntuples, tuple)
                rows.append(Rows(_columns(result, prepared), values, result.command_tuples or 0))
            for result in answers:  # What the commit of an implicit transaction refuses comes after all answers.
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
    """Whether its tables were altered, or the server does not have it: another connection has neither trouble."""
    altered = fault.sqlstate == _UNSUPPORTED and fault.diag.source_function == _PLAN_CHECK
    return altered or fault.sqlstate == _UNKNOWN


def _columns(result: PGresult, prepared: _Prepared | None) -> list[str]:
    if prepared is not None and prepared.columns is not None:
        return prepared.columns
    columns = [(result.fname(place) or b"").decode() for place in range(result.nfields)]
    if prepared is not None:
        prepared.columns = columns
    return columns
