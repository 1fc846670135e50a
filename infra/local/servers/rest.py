"""The interface of shared/platform/rest over any database: pool, schema cache, tokens, server."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from infra.local.errors import LauncherError
from infra.local.servers.rest_settings import ForeignDatabase
from shared.platform.rest import errors, queries
from shared.platform.rest.asgi import Application
from shared.platform.rest.caller import Caller
from shared.platform.rest.catalog.follow import follow
from shared.platform.rest.catalog.holder import CacheHolder
from shared.platform.rest.catalog.load import load
from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.request import Incoming, Request
from shared.platform.rest.schema import SchemaCache
from shared.platform.rest.tokens import SecretError, Tokens
from shared.runtime.postgres.connection import Connection, DatabaseError
from shared.runtime.postgres.statement import Statement

ADDRESS = "127.0.0.1"
_LARGEST = 100 * 2**20
"""The most bytes of a body."""
_LOG = logging.getLogger("nexus.rest")
_RECONNECT_S = 1.0
"""The pool retries at growing intervals, and the next request would have to wait for the last of them."""
_LONGEST_S = 3600.0
"""The longest time of a statement if the database itself sets no limit."""


class ForeignHost:
    """The host of one caller."""

    timeout_s = _LONGEST_S

    def __init__(self, server: "RestServer", caller: Caller) -> None:
        self.settings = server.database.rest
        self.anonymous = caller.anonymous
        self._server = server
        self._caller = caller

    async def schema_cache(self) -> SchemaCache:
        try:
            return await self._server.cache.current()
        except (DatabaseError, RestRefusal) as fault:
            self.failed(str(fault))
            raise errors.no_schema_cache() from fault

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with self._server.connection() as lent:
            yield lent

    def enter(self, request: Request, *, read_only: bool) -> Statement:  # noqa: ARG002  (the role alone decides)
        return queries.enter(self._caller)

    def failed(self, reason: str) -> None:
        _LOG.warning("the database failed: %s", reason)

    def idempotent_write(self, incoming: Incoming) -> None:  # noqa: ARG002  (as PostgREST, which has no such keys)
        return None


class RestServer:
    """The parts that all requests share; opens nothing before its app is served."""

    def __init__(self, database: ForeignDatabase) -> None:
        """Read the settings of tokens.

        Raises:
            LauncherError: for a secret that is not valid.
        """
        self.database = database
        self.cache = CacheHolder(self._load)
        try:
            self._tokens = Tokens(database.rest)
        except SecretError as fault:
            raise LauncherError(f"PGRST_JWT_* is wrong: {fault}.", mend="docs/rest.md lists the settings.") from fault
        self._pool: AsyncConnectionPool[Connection] | None = None
        self._lent = 0

    @property
    def app(self) -> Application:
        return Application(
            self._host, allowed_origins=self.database.rest.allowed_origins, running=self.serving, most_bytes=_LARGEST
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Keep connections and the schema cache up for the length of the block."""
        pool = AsyncConnectionPool(
            self.database.uri,
            min_size=0,
            max_size=self.database.pool_size,
            open=False,
            timeout=self.database.pool_timeout_s,
            reconnect_timeout=_RECONNECT_S,
            connection_class=Connection,
            configure=self._configure,
            kwargs={"autocommit": True},
        )
        async with pool, asyncio.TaskGroup() as tasks:
            self._pool = pool
            upkeep = [tasks.create_task(follow(self.cache, self.database.uri, channel=name)) for name in self._channels]
            yield
            for task in upkeep:
                task.cancel()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise AssertionError("a request before the server was opened")
        lent = await self._borrowed(self._pool)
        self._lent += 1
        try:
            yield lent
        finally:
            self._lent -= 1
            await asyncio.shield(self._pool.putconn(lent))

    async def _borrowed(self, pool: AsyncConnectionPool[Connection]) -> Connection:
        try:
            lent = await pool.getconn()
            while not lent.is_alive():
                await pool.putconn(lent)
                lent = await pool.getconn()
        except PoolTimeout as fault:
            # The pool has one timeout for a connection to be returned and for a new one that fails.
            full = self._lent >= self.database.pool_size
            raise errors.pool_timeout() if full else _unreachable(fault) from fault
        except DatabaseError as fault:
            raise _unreachable(fault) from fault
        return lent

    @property
    def _channels(self) -> list[str]:
        return [self.database.channel] if self.database.channel is not None else []

    async def _host(self, incoming: Incoming) -> ForeignHost:
        sent = next((value for name, value in incoming.headers if name == "authorization"), None)
        return ForeignHost(self, self._tokens.caller(sent))

    async def _load(self) -> SchemaCache:
        rest = self.database.rest
        async with self.connection() as lent:
            return await load(
                lambda sent: lent.exchange(sent, timeout_s=_LONGEST_S), rest.schemas, rest.extra_search_path
            )

    async def _configure(self, connection: Connection) -> None:
        connection.prepares = self.database.prepares


def _unreachable(fault: DatabaseError) -> RestRefusal:
    _LOG.warning("the database failed: %s", fault)
    return errors.unreachable()


def serve(database: ForeignDatabase, *, port: int) -> None:
    """Serve until SIGINT or SIGTERM; SIGUSR1 reloads the schema cache."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(RestServer(database), port))


async def _serve(rest: RestServer, port: int) -> None:
    config = uvicorn.Config(
        rest.app, host=ADDRESS, port=port, lifespan="on", log_level="info", access_log=False, server_header=False
    )
    reloads: set[asyncio.Task[SchemaCache]] = set()

    def reload() -> None:
        task = asyncio.create_task(rest.cache.reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, reload)
    await uvicorn.Server(config).serve()
