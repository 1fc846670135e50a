"""What a Postgres connection has sent, read as it arrives.

The reader stays registered between exchanges: registering it for each costs more than reading. It watches a duplicate
of the socket's number, because libpq closes its own where the server is gone, and the event loop must hear of that
before somebody else's socket has the number. psycopg's own operations wait on libpq's.
"""

import asyncio
import os

from psycopg import OperationalError
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

_LOOK_S = 0.1
"""So often it is looked whether anything came unnoticed: uvloop tells once of a connection that was reset, and what
then lay before its end is all that was read."""
_END = int(ExecStatus.PIPELINE_SYNC)  # Members of an enumeration are looked up slowly.


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
        """Send what libpq holds; the future has every result up to the pipeline's end.

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
        """Look no more until the next exchange."""
        if self._reads:
            self._loop.remove_reader(self._socket)
            self._reads = False
        if self._writes:
            self._loop.remove_writer(self._socket)
            self._writes = False

    def stop(self) -> None:
        """For good; no exchange follows."""
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
            self.pause()  # What comes unasked is read with the next answers.
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
        """One timer for all exchanges: it is set again only when it has run out."""
        self._timer = None
        waiting = self._waiting
        if waiting is None or waiting.done():
            return
        self._read()  # Also where this process was busy itself, and the answers lie unread.
        if waiting.done():
            return
        if self._due <= self._loop.time():
            waiting.set_exception(TimeoutError("the database did not answer in time"))
        else:
            self._timer = self._loop.call_later(_LOOK_S, self._look)
