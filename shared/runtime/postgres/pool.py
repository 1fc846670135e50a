"""A FIFO queue in front of psycopg's pool, and a short-lived cache of idle connections.

psycopg's pool makes a task for every caller that finds all connections in use, which costs a fifth of a short request.
Here these callers wait in a queue, in their order, and get the connections that come back. A connection that nobody
waits for stays idle for the next caller, last in, first out. Every few seconds the idle connections go back to
psycopg's pool, which closes those that are too old or too many.

Two faults are silent, and this module looks for them. An idle connection may have lost its server: it is probed before
use, and if it does not answer, all others are closed too. And psycopg's pool stops connecting after a while, even if
callers wait: here it goes on, and callers that cannot be served are refused at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import psycopg
import psycopg_pool
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus

from shared.runtime.deadline import database_time
from shared.runtime.log import log
from shared.runtime.shares import Shares

from .connection import Connection

_IDLE_S = 5.0
_TRUSTED_S = 2.0
"""A connection that has answered within this time is used without a probe."""
_PROBE_S = 0.5
_RECONNECT_S = 1.0
"""The database is away after so long without a new connection or an answer."""
_IDLE = int(TransactionStatus.IDLE)
_Turn = asyncio.Future[Connection | None]
"""The turn of a waiting caller; its result None means a connection of psycopg's pool."""

_NEWS_S = 10.0
"""Longer than another attempt to connect takes, even if nothing answers it."""


class Undecoded(Loader):
    """A loader that leaves `json` as bytes for callers that know its model; `jsonb` is decoded."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class Away(psycopg_pool.PoolTimeout):
    """There is no connection and none can be made, so that no caller waits for one."""

    def __init__(self) -> None:
        super().__init__("the database is away")


class Pool(psycopg_pool.AsyncConnectionPool[Connection]):
    """A pool of psycopg's for the event loop that it is made in."""

    def __init__(
        self, conninfo: str, *, configure: Callable[[Connection], Awaitable[None]] | None = None, **options: Any
    ) -> None:
        super().__init__(
            conninfo,
            connection_class=Connection,
            check=self._ask,
            configure=self._connected,
            reconnect_timeout=_RECONNECT_S,
            reconnect_failed=_not_connected,
            **options,
        )
        self._prepare = configure
        self._answered_at = self._drained_all_at = monotonic()
        self._away_since: float | None = None
        self._failed_at = 0.0
        self.shares = Shares(self.max_size)
        self._turns = self.max_size
        self._queue: deque[_Turn] = deque()
        self._idle: list[Connection] = []
        self._emptying: asyncio.Task[None] | None = None

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109  (as psycopg has it)
        """Return a connection; give it back with `putconn`.

        Raises:
            psycopg_pool.PoolTimeout: no connection came back or could be made in time. Away: none will be.
            psycopg_pool.TooManyRequests: too many callers wait already.
        """
        ends = monotonic() + (self.timeout if timeout is None else timeout)
        if self._away_since is not None and not self._idle and not self._pool and self._was_looked_for():
            raise Away
        if self._turns:
            self._turns -= 1
            given = self._idle.pop() if self._idle else None
        else:
            given = await self._wait(ends - monotonic())
        try:
            if given is not None and await self._is_sound(given):
                return given
            return await super().getconn(ends - monotonic())
        except BaseException:
            self._pass_on(None)
            raise

    async def putconn(self, conn: Connection) -> None:
        if self.keep_idle(conn):
            return
        try:
            await super().putconn(conn)
        finally:
            self._pass_on(None)

    def keep_idle(self, conn: Connection) -> bool:
        """Keep the connection for the next caller.

        Return False if it is not sound, or if a caller waits for psycopg's pool to make one: then await `putconn`.
        """
        if self.closed or self._waiting or conn.pgconn.transaction_status != _IDLE:
            return False
        self._answered_at = conn.used_at
        self._pass_on(conn)
        return True

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  (as psycopg has it)
        if self._emptying is not None:
            self._emptying.cancel()
        await self._give_back()
        await super().close(timeout)

    def _pass_on(self, connection: Connection | None) -> None:
        """Give the turn to the first in the queue, with the connection if there is one."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._turns += 1
        if connection is not None:
            self._idle.append(connection)
            if self._emptying is None:
                self._emptying = asyncio.create_task(self._empty_idle())

    async def _wait(self, timeout_s: float) -> Connection | None:
        """Wait until it is the caller's turn."""
        if self.max_waiting and len(self._queue) >= self.max_waiting:
            raise psycopg_pool.TooManyRequests(f"{len(self._queue)} callers wait for a connection")
        loop = asyncio.get_running_loop()
        turn: _Turn = loop.create_future()
        self._queue.append(turn)
        timer = loop.call_later(timeout_s, self._expire, turn, timeout_s)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:  # The turn came in the same moment.
                self._pass_on(turn.result())
            raise
        finally:
            timer.cancel()

    def _expire(self, turn: _Turn, timeout_s: float) -> None:
        if not turn.done():
            self._queue.remove(turn)
            turn.set_exception(psycopg_pool.PoolTimeout(f"no connection was given back in {timeout_s:.2f} s"))

    async def _empty_idle(self) -> None:
        await asyncio.sleep(_IDLE_S)
        self._emptying = None
        await self._give_back()

    async def _give_back(self) -> None:
        while self._idle:
            await super().putconn(self._idle.pop())

    async def _connected(self, connection: Connection) -> None:
        """Note that the server has answered a new connection, and prepare the connection."""
        self._answered_at = monotonic()
        if self._away_since is not None:
            log().warning("database_back", away_s=round(self._answered_at - self._away_since, 1))
            self._away_since = None
        if self._prepare is not None:
            await self._prepare(connection)

    async def _is_sound(self, connection: Connection) -> bool:
        try:
            await self._ask(connection)
        except psycopg.OperationalError:
            await super().putconn(connection)  # psycopg's pool makes another in its place.
            return False
        except BaseException:
            await super().putconn(connection)
            raise
        return True

    async def _ask(self, connection: Connection) -> None:
        """Probe the connection, unless it has answered a moment ago.

        Raises:
            psycopg.OperationalError: it does not answer; older connections are closed too.
        """
        if monotonic() - connection.used_at < _TRUSTED_S:
            return
        try:
            await self.check_connection(connection)
        except psycopg.OperationalError:
            await self._distrust(connection)
            raise

    @staticmethod
    async def check_connection(conn: Connection) -> None:
        """Probe the connection by an empty exchange, because a cursor of psycopg would wait without limit."""
        with database_time(_PROBE_S):  # Apart from the request's time; and workers have no request.
            await conn.exchange([], timeout_s=_PROBE_S)

    async def _distrust(self, connection: Connection) -> None:
        if connection.made_at < self._drained_all_at:
            return  # Another one of the old connections has been found dead.
        self._drained_all_at = monotonic()
        await self.drain()
        await self._give_back()  # psycopg's pool closes them.

    def _was_looked_for(self) -> bool:
        """Return whether the last attempt to connect is recent; it is not if this process was stopped meanwhile."""
        return monotonic() - self._failed_at < _NEWS_S

    async def keep_connecting(self) -> None:
        """Go on connecting after a second of failures, while callers wait or the database is away."""
        self._failed_at = monotonic()
        if self._away_since is None and monotonic() - self._answered_at >= 0.9 * _RECONNECT_S:
            self._away_since = self._answered_at
            log().error("database_away")
        if self._away_since is not None:
            await self._refuse_waiting()
        if self._away_since is not None or self._queue or self._waiting:
            await self.check()

    async def _refuse_waiting(self) -> None:
        """Refuse all waiting callers; new ones are refused at once."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_exception(Away())
        while self._waiting:
            await self._waiting.popleft().fail(Away())


async def _not_connected(pool: "psycopg_pool.AsyncConnectionPool[Connection]") -> None:
    if isinstance(pool, Pool):
        await pool.keep_connecting()
