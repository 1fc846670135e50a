"""Leases: connections of the event loop's pool for one transaction each, within share and time of the request."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from shared.kernel.errors import Unavailable
from shared.runtime import deadline
from shared.runtime.lazy_import import lazy_import
from shared.runtime.settings import settings
from shared.runtime.shares import Permit

from .errors import RETRY_S

if TYPE_CHECKING:
    import psycopg

    from . import pool as pools
    from .connection import Connection
    from .pool import Pool
else:
    psycopg, pools = map(lazy_import, ("psycopg", "shared.runtime.postgres.pool"))

_CONNECT_S = 3
"""The limit for one attempt to connect; the next attempt may reach another server."""
_SILENCE_MS = 5000
"""How long sent data may stay without acknowledgement."""


@asynccontextmanager
async def leased() -> AsyncIterator["Connection"]:
    """Yield a connection that is alive, for whole transactions in exchanges of the caller's own.

    Raises:
        Unavailable: the database does not answer, or all connections are in use.
    """
    found = await lease()
    while not found.connection.is_alive():
        await found.connection.close()
        await found.give_back()
        found = await lease()
    try:
        yield found.connection
    finally:
        await found.give_back()


class Lease(msgspec.Struct, frozen=True):
    """A connection, its pool, and the permit of the tenant's share that it uses."""

    connection: "Connection"
    pool: "Pool"
    permit: Permit | None

    async def give_back(self) -> None:
        """Give the connection back, also if the caller is cancelled; only waiting takes a task, which costs more."""
        try:
            if not self.pool.keep_idle(self.connection):
                await asyncio.shield(self.pool.putconn(self.connection))
        finally:
            if self.permit is not None:
                self.pool.shares.give_back(self.permit)


async def lease() -> Lease:
    """Wait for a connection within the caller's share and time.

    Raises:
        Unavailable: the database does not answer, or all connections are in use.
    """
    of = await pool()
    began = monotonic()
    limit_s = deadline.left_s(of.timeout)
    permit = None
    try:
        permit = await of.shares.take(limit_s)
        return Lease(await of.getconn(limit_s - (monotonic() - began)), of, permit)
    except BaseException as fault:
        if permit is not None:
            of.shares.give_back(permit)
        if isinstance(fault, psycopg.OperationalError):
            raise Unavailable(retry_after=RETRY_S) from fault
        raise
    finally:
        deadline.spend(monotonic() - began)


_pools: "dict[asyncio.AbstractEventLoop, Pool]" = {}
"""By event loop. Weak keys would free no loop, because the connections of its pool refer to it."""


async def pool() -> "Pool":
    """Return the event loop's pool, which is opened at first use."""
    loop = asyncio.get_running_loop()
    found = _pools.get(loop)
    if found is None:
        chosen = settings()
        # `database_away` and `database_back` say once what it would log for every attempt to connect.
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        found = _pools[loop] = pools.Pool(
            chosen.database_url.get_secret_value(),
            min_size=0,
            max_size=chosen.database_pool_size,
            open=False,
            timeout=chosen.database_timeout_s,
            max_waiting=chosen.database_pool_size * 50,
            configure=_configure,
            kwargs=_connecting(chosen.database_url.get_secret_value(), chosen.database_timeout_s),
        )
        await found.open(wait=False)
    return found


def _connecting(url: str, timeout_s: float) -> dict[str, Any]:
    """Return the parameters of a connection; those of the URL come first."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    keepalives = {"keepalives": 1, "keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}
    chosen = {"connect_timeout": max(2, min(_CONNECT_S, int(timeout_s))), "tcp_user_timeout": _SILENCE_MS, **keepalives}
    given = conninfo_to_dict(url)
    added = {name: value for name, value in chosen.items() if name not in given}
    return {"autocommit": True, "client_encoding": "utf8", **added}


async def _configure(connection: "Connection") -> None:
    from psycopg.types.json import set_json_loads  # noqa: PLC0415

    connection.prepares = settings().database_prepares
    set_json_loads(msgspec.json.decode, connection)
    connection.adapters.register_loader("json", pools.Undecoded)


async def close() -> None:
    """Close this event loop's pool; a function that is called again opens a new one."""
    found = _pools.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
