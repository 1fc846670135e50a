"""The host of the REST interface: our connections, our admission, our schema."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache

from msgspec import structs

from shared.edge import Call
from shared.platform.rest.catalog.holder import CacheHolder
from shared.platform.rest.catalog.load import load
from shared.platform.rest.errors import no_schema_cache
from shared.platform.rest.host import IdempotentWrite
from shared.platform.rest.request import Incoming, Request
from shared.platform.rest.schema import SchemaCache
from shared.platform.rest.settings import Bounds, RestSettings
from shared.runtime.postgres.connection import Connection, DatabaseError
from shared.runtime.postgres.leases import leased
from shared.runtime.postgres.statement import Rows, Statement
from shared.runtime.settings import settings
from shared.tenancy.principal import Kind
from shared.tenancy.transactions import enter_statement

from .idempotency import idempotent_write
from .rights import LIST_RIGHTS, Known, Rights, known_of, verbs_of

SCHEMAS = ("public",)
SEARCH_PATH = ("public", "extensions")
STATUSES = (
    ("40001", 503),
    ("40P01", 503),
    ("54001", 400),
    ("55000", 405),
    ("55P03", 503),
    ("57014", 503),
    ("57P02", 503),
    ("57P03", 503),
    ("57P05", 503),
)
"""Other statuses than PostgREST's: 400 for a query nested too deep, 405 for a view that takes no rows, 503 for what
passes (conflicting writers, locks, statement timeouts, a server that stops or starts).
"""
_MEGABYTE = 2**20
_CACHE_MOST_AGE_S = 300.0
_LOAD_TIMEOUT_S = 30.0


@cache
def for_callers() -> RestSettings:
    """Return the settings for callers: pages by the contract, and no estimates, which reveal the rows of others."""
    return structs.replace(
        for_the_service(), max_rows=100, default_rows=25, aggregates=False, estimates=False, bounds=callers_bounds()
    )


def callers_bounds() -> Bounds:
    """Return the limits of one call, which protect all other users of the database."""
    return Bounds(
        query_bytes=60_000,
        depth=4,
        embeds=20,
        columns=100,
        repeats=3,
        rows=2_000_000,
        answer_bytes=8 * _MEGABYTE,
        conditions=200,
        nested=10,
        values=1_000,
        terms=100,
        pattern=200,
        written_rows=1_000,
        statement_ms=round(settings().rest_statement_s * 1000),
    )


@cache
def for_the_service() -> RestSettings:
    return RestSettings(
        schemas=SCHEMAS,
        extra_search_path=SEARCH_PATH,
        anonymous_role="anon",
        max_rows=1000,
        guarded=True,
        plain_cells=True,
        exact_numbers=True,
        bounds=Bounds(answer_bytes=64 * _MEGABYTE, statement_ms=round(settings().rest_service_statement_s * 1000)),
        statuses=STATUSES,
        aggregates=True,
        openapi_proxy_uri=f"{settings().base_url}/rest/v1",
    )


class NexusHost:
    """The host of one call."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.settings = for_the_service() if call.principal.kind is Kind.SERVICE else for_callers()
        self.anonymous = call.principal.kind is Kind.ANONYMOUS
        self.timeout_s = settings().database_timeout_s + 1
        self.rights: dict[str, Rights] = {}
        """Rights of callers by table, once the schema is loaded."""

    async def schema_cache(self) -> SchemaCache:
        try:
            known = await _holder().current()
        except DatabaseError as fault:
            self.failed(str(fault))
            raise no_schema_cache() from fault
        self.rights = known.rights
        return known.service if self._call.principal.kind is Kind.SERVICE else known.callers

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        return leased()

    def enter(self, request: Request, *, read_only: bool) -> Statement:
        """Enter as `tenant_tx` does: admit members of an organization there, with the scope that the request needs."""
        call = self._call
        call.log["route"] = f"{request.method} {'rpc/' if request.is_function else ''}{request.target}"
        needed = "read" if read_only else self._scope(request)
        return enter_statement(
            call.principal,
            request_id=call.request_id,
            scope=needed if call.principal.kind in (Kind.USER, Kind.AGENT) else None,
            calls_today=call.calls_today,
        )

    def _scope(self, request: Request) -> str:
        """Return the scope that the table's policies require for that verb.

        A caller without it gets a refusal instead of an empty result.
        """
        rights = None if request.is_function else self.rights.get(request.target)
        return rights.scope(verbs_of(request)) if rights else "write"

    def failed(self, reason: str) -> None:
        self._call.log["database_fault"] = reason

    def idempotent_write(self, incoming: Incoming) -> IdempotentWrite | None:
        return idempotent_write(self._call, incoming)


@cache
def _holder() -> CacheHolder[Known]:
    """Return the process's own holder."""
    return CacheHolder(_load, most_age_s=_CACHE_MOST_AGE_S)


async def _load() -> Known:
    rights: list[Rows] = []

    async def exchange(statements: Sequence[Statement]) -> list[Rows]:
        *answers, last = await connection.exchange([*statements, LIST_RIGHTS], timeout_s=_LOAD_TIMEOUT_S)
        rights.append(last)
        return answers

    async with leased() as connection:
        cache = await load(exchange, SCHEMAS, SEARCH_PATH)
    return known_of(cache, rights[-1])
