"""The pool, with a line before it in which waiting costs a caller nothing but time, and what is in use close at hand.

psycopg's pool makes a task for each caller that finds every connection in use: a fifth of a short request. Here such
callers stand in line, in their order, and are handed what comes back. What nobody waits for lies at hand for the next
caller, last in, first out; every few seconds what lies there goes back to psycopg's pool, which closes what is too old
or too many.
"""

import asyncio
from collections import deque
from typing import Any

import psycopg_pool
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import TransactionStatus

from .wire import Connection

_AT_HAND_S = 5.0
_IDLE = int(TransactionStatus.IDLE)
_Turn = asyncio.Future[Connection | None]
"""None: to take a connection from psycopg's pool."""


class Undecoded(Loader):
    """Postgres's `json`, which is for who knows what is in it; `jsonb` is decoded."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class Pool(psycopg_pool.AsyncConnectionPool[Connection]):
    """As psycopg's, for the event loop that it is made in."""

    def __init__(self, conninfo: str, **options: Any) -> None:
        super().__init__(conninfo, connection_class=Connection, **options)
        self._turns = self.max_size
        self._line: deque[_Turn] = deque()
        self._at_hand: list[Connection] = []
        self._tidying: asyncio.Task[None] | None = None

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109  (as psycopg has it)
        """A connection, for whose way back there is `putconn`.

        Raises:
            psycopg_pool.PoolTimeout: none was given back, or could be made, in time.
            psycopg_pool.TooManyRequests: too many wait already.
        """
        if self._turns:
            self._turns -= 1
            given = self._at_hand.pop() if self._at_hand else None
        else:
            given = await self._wait(self.timeout if timeout is None else timeout)
        if given is not None:
            return given
        try:
            return await super().getconn(timeout)
        except BaseException:
            self._pass_on(None)
            raise

    async def putconn(self, conn: Connection) -> None:
        if self.lay_at_hand(conn):
            return
        try:
            await super().putconn(conn)
        finally:
            self._pass_on(None)

    def lay_at_hand(self, conn: Connection) -> bool:
        """As `putconn`, which need not be awaited then; not where the connection is no longer sound."""
        if self.closed or conn.pgconn.transaction_status != _IDLE:
            return False
        self._pass_on(conn)
        return True

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  (as psycopg has it)
        if self._tidying is not None:
            self._tidying.cancel()
        await self._give_back()
        await super().close(timeout)

    def _pass_on(self, connection: Connection | None) -> None:
        """The turn, to the first in line, with the connection where there is one."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._turns += 1
        if connection is not None:
            self._at_hand.append(connection)
            if self._tidying is None:
                self._tidying = asyncio.create_task(self._tidy())

    async def _wait(self, timeout_s: float) -> Connection | None:
        """Until it is the caller's turn."""
        if self.max_waiting and len(self._line) >= self.max_waiting:
            raise psycopg_pool.TooManyRequests(f"{len(self._line)} callers wait for a connection")
        loop = asyncio.get_running_loop()
        turn: _Turn = loop.create_future()
        self._line.append(turn)
        timer = loop.call_later(timeout_s, self._expire, turn, timeout_s)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn in self._line:
                self._line.remove(turn)
            elif not turn.cancelled() and turn.exception() is None:  # It came in the same moment.
                self._pass_on(turn.result())
            raise
        finally:
            timer.cancel()

    def _expire(self, turn: _Turn, timeout_s: float) -> None:
        if not turn.done():
            self._line.remove(turn)
            turn.set_exception(psycopg_pool.PoolTimeout(f"no connection was given back in {timeout_s:.2f} s"))

    async def _tidy(self) -> None:
        await asyncio.sleep(_AT_HAND_S)
        self._tidying = None
        await self._give_back()

    async def _give_back(self) -> None:
        while self._at_hand:
            await super().putconn(self._at_hand.pop())
