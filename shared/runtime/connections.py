"""The pool, with a line before it in which waiting costs a caller nothing but time.

psycopg's pool makes a task and a timer for each caller that finds every connection in use: a fifth of a short request.
Here such callers wait for a semaphore, in their order, and whoever passes it finds a connection.
"""

import asyncio
from typing import Any

import psycopg_pool

from .wire import Connection


class Pool(psycopg_pool.AsyncConnectionPool[Connection]):
    """As psycopg's, for the event loop that it is made in."""

    def __init__(self, conninfo: str, **options: Any) -> None:
        super().__init__(conninfo, connection_class=Connection, **options)
        self._turns = asyncio.Semaphore(self.max_size)
        self._in_line = 0

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
            return await super().getconn(timeout)
        except BaseException:
            self._turns.release()
            raise

    async def putconn(self, conn: Connection) -> None:
        try:
            await super().putconn(conn)
        finally:
            self._turns.release()

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
