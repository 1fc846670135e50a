"""The pool, with a line before it in which waiting costs a caller nothing but time, and what is in use close at hand.

psycopg's pool makes a task and a timer for each caller that finds every connection in use: a fifth of a short request.
Here such callers wait for a semaphore, in their order, and whoever passes it finds a connection. What comes back sound
lies at hand for the next caller, last in, first out; every few seconds what lies there goes back to psycopg's pool,
which closes what is too old or too many.
"""

import asyncio
from typing import Any

import psycopg_pool
from psycopg.pq import TransactionStatus

from .wire import Connection

_AT_HAND_S = 5.0
_IDLE = int(TransactionStatus.IDLE)


class Pool(psycopg_pool.AsyncConnectionPool[Connection]):
    """As psycopg's, for the event loop that it is made in."""

    def __init__(self, conninfo: str, **options: Any) -> None:
        super().__init__(conninfo, connection_class=Connection, **options)
        self._turns = asyncio.Semaphore(self.max_size)
        self._in_line = 0
        self._at_hand: list[Connection] = []
        self._tidying: asyncio.Task[None] | None = None

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109  (as psycopg has it)
        """A connection, for whose way back there is `putconn`.

        Raises:
            psycopg_pool.PoolTimeout: none was given back, or could be made, in time.
            psycopg_pool.TooManyRequests: too many wait already.
        """
        if self._turns.locked():
            await self._wait(self.timeout if timeout is None else timeout)
        else:
            await self._turns.acquire()
        try:
            return self._at_hand.pop() if self._at_hand else await super().getconn(timeout)
        except BaseException:
            self._turns.release()
            raise

    async def putconn(self, conn: Connection) -> None:
        if self.lay_at_hand(conn):
            return
        try:
            await super().putconn(conn)
        finally:
            self._turns.release()

    def lay_at_hand(self, conn: Connection) -> bool:
        """As `putconn`, which need not be awaited then; not where the connection is no longer sound."""
        if self.closed or conn.pgconn.transaction_status != _IDLE:
            return False
        self._at_hand.append(conn)
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy())
        self._turns.release()
        return True

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  (as psycopg has it)
        if self._tidying is not None:
            self._tidying.cancel()
        await self._give_back()
        await super().close(timeout)

    async def _tidy(self) -> None:
        await asyncio.sleep(_AT_HAND_S)
        self._tidying = None
        await self._give_back()

    async def _give_back(self) -> None:
        while self._at_hand:
            await super().putconn(self._at_hand.pop())

    async def _wait(self, timeout_s: float) -> None:
        if self.max_waiting and self._in_line >= self.max_waiting:
            raise psycopg_pool.TooManyRequests(f"{self._in_line} callers wait for a connection")
        self._in_line += 1
        try:
            async with asyncio.timeout(timeout_s):
                await self._turns.acquire()
        except TimeoutError as fault:
            raise psycopg_pool.PoolTimeout(f"no connection was given back in {timeout_s:.2f} s") from fault
        finally:
            self._in_line -= 1
