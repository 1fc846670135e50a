"""A reader of the answers of a Postgres connection, as they arrive.

The reader stays registered between exchanges, because a registration for every exchange costs more than the reading. It
watches a duplicate of the socket's number: libpq closes its own number when the server is gone, and the event loop must
notice before another socket gets that number. psycopg's own operations wait on libpq's number.
"""

import asyncio
import os

from psycopg import OperationalError
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

_LOOK_S = 0.1
"""How often to look for unnoticed answers: uvloop notifies once of a reset connection, and then only what had arrived
by that time was read."""
_END = int(ExecStatus.PIPELINE_SYNC)  # The lookup of an enumeration's member is slow.


class Reader:
    """The reader of one connection, in the event loop that it is made in."""

    def __init__(self, pgconn: PGconn) -> None:
        self._pgconn = pgconn
        self._socket = os.dup(pgconn.socket)
        self._loop = asyncio.get_running_loop()
        self._results: list[PGresult] = []
        self._waiting: asyncio.Future[list[PGresult]] | None = None
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._reads = False
        self._writes = False

    def all(self, *, timeout_s: float) -> asyncio.Future[list[PGresult]]:
        """Send what libpq holds; return a future with all results up to the end of the pipeline.

        Raises, when awaited:
            TimeoutError: not all of them came in time.
            psycopg.OperationalError: the connection broke.
        """
        if not self._reads:
            self._loop.add_reader(self._socket, self._read)
            self._reads = True
        self._results = []
        self._waiting = waiting = self._loop.create_future()
        self._due = self._loop.time() + timeout_s
        if self._timer is None:
            self._timer = self._loop.call_later(_LOOK_S, self._look)
        if self._pgconn.flush():
            self._loop.add_writer(self._socket, self._write)
            self._writes = True
        return waiting

    def pause(self) -> None:
        """Stop reading until the next exchange."""
        if self._reads:
            self._loop.remove_reader(self._socket)
            self._reads = False
        if self._writes:
            self._loop.remove_writer(self._socket)
            self._writes = False

    def stop(self) -> None:
        """Stop for good, before no further exchange."""
        self.pause()
        self._waiting = None
        if self._socket >= 0:
            os.close(self._socket)
            self._socket = -1
        if self._timer is not None:
            self._timer.cancel()

    def _read(self) -> None:
        waiting, pgconn = self._waiting, self._pgconn
        if waiting is None or waiting.done():
            self.pause()  # Unexpected messages are read with the next answers.
            return
        try:
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue
                if result.status == _END:
                    waiting.set_result(self._results)
                    self._waiting = None
                    return
                self._results.append(result)
        except OperationalError as fault:
            self._break(fault)

    def _write(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
                self._writes = False
        except OperationalError as fault:
            self._break(fault)

    def _break(self, fault: OperationalError) -> None:
        self.pause()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(fault)

    def _look(self) -> None:
        """Look for answers and for the end of the time; one timer serves all exchanges."""
        self._timer = None
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        self._read()  # This process may have been busy, with unread answers.
        if waiting.done():
            return
        if self._due <= self._loop.time():
            waiting.set_exception(TimeoutError("the database did not answer in time"))
        else:
            self._timer = self._loop.call_later(_LOOK_S, self._look)
