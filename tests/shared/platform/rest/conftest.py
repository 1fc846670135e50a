"""A film archive and a small library, each in a database of its own, and requests over the interface's one entry."""

import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo, sql

from infra.local.servers.services import Services
from shared.platform.rest import queries
from shared.platform.rest.app import answer
from shared.platform.rest.caller import Caller
from shared.platform.rest.catalog.load import Exchange, load
from shared.platform.rest.host import Response
from shared.platform.rest.request import Incoming, Request
from shared.platform.rest.schema import Name, SchemaCache
from shared.platform.rest.settings import Bounds, RestSettings, TxEnd
from shared.runtime.postgres.connection import Connection
from shared.runtime.postgres.statement import Statement

FILMS = Path(__file__).with_name("films.sql")
LIBRARY = Path(__file__).with_name("library.sql")
EDITOR = Caller("film_editor", '{"role": "film_editor", "name": "ann"}')
VISITOR = Caller("film_visitor", '{"role": "film_visitor"}', anonymous=True)


@dataclass(repr=False)
class Archive:
    """A host of the interface over one connection, whose changes are rolled back unless a test wants them to stay."""

    settings: RestSettings
    cache: SchemaCache
    lent: Connection
    caller: Caller = EDITOR
    timeout_s: float = 30
    reasons: list[str] = field(default_factory=list)

    @property
    def anonymous(self) -> bool:
        return self.caller.anonymous

    async def schema_cache(self) -> SchemaCache:
        return self.cache

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self.lent
        assert self.lent.info.transaction_status.name in ("IDLE", "UNKNOWN")

    def enter(self, request: Request, *, read_only: bool) -> Statement:  # noqa: ARG002
        return queries.enter(self.caller)

    def failed(self, reason: str) -> None:
        self.reasons.append(reason)

    def idempotent_write(self, incoming: Incoming) -> None:  # noqa: ARG002  (as PostgREST, which has no such keys)
        return None


class Answer:
    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers}
        self.body = response.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@contextmanager
def database_of(services: Services, schema: Path) -> Iterator[str]:
    """Make a database of a file's schema; yield its URL, and drop it at the end."""
    name = f"{schema.stem}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = conninfo.make_conninfo(services.admin_url, dbname=name)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(schema.read_bytes())
        yield url
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def films_url(services) -> Iterator[str]:
    with database_of(services, FILMS) as url:
        yield url
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute("DROP ROLE film_visitor, film_editor")


@pytest.fixture
async def connection(films_url) -> AsyncIterator[Connection]:
    async with await Connection.connect(films_url, autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="session")
async def films_cache(films_url) -> SchemaCache:
    async with await Connection.connect(films_url, autocommit=True) as opened:
        return await load(lambda sent: opened.exchange(sent, timeout_s=30), ["films", "attic"], ["tools"])


@pytest.fixture(params=[None, 2**20], ids=["unbounded", "bounded"])
def archive(connection, films_cache, request) -> Archive:
    """Twice: an answer that has a bound is gathered by another statement."""
    settings = RestSettings(
        schemas=("films", "attic"),
        extra_search_path=("tools",),
        tx_end=TxEnd.ROLLBACK_ALLOW_OVERRIDE,
        aggregates=True,
        plan=True,
        bounds=Bounds(answer_bytes=request.param),
    )
    return Archive(settings, films_cache, connection)


@pytest.fixture
def ask(archive) -> Callable[..., Any]:
    """`await ask("GET", "/films?id=eq.1", prefer="count=exact")`: the answer."""

    async def send(method: str, target: str, body: Any = None, **headers: str) -> Answer:
        path, _, query = target.partition("?")
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Answer(await answer(Incoming(method, path, query, sent, content), archive))

    return send


@pytest.fixture
def get(ask) -> Callable[..., Any]:
    """Return the rows of a table."""

    async def read(target: str, **headers: str) -> Any:
        found = await ask("GET", target, **headers)
        assert found.status in (200, 206), found.body
        return found.json

    return read


@pytest.fixture(scope="session")
def library_url(services) -> Iterator[str]:
    with database_of(services, LIBRARY) as url:
        yield url


@pytest.fixture
async def exchange(library_url) -> AsyncIterator[Exchange]:
    async with await Connection.connect(library_url, autocommit=True) as connection:
        yield lambda statements: connection.exchange(statements, timeout_s=30)


@pytest.fixture
async def library(exchange) -> SchemaCache:
    """As the schema `shelf` exposes it, with `tools` and `cellar` on the search path."""
    return await load(exchange, ["shelf"], ["tools", "cellar"])


@pytest.fixture
def shelf():
    """Return the name of something in the exposed schema."""
    return lambda name: Name("shelf", name)
