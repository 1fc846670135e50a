"""What the database accepts, everybody can read: each column's extremes, through each list, tool and function.

One row is written for each extreme, by the schema's owner; then everything is read as an agent reads it.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

from functions.mcp_server.catalog import registry
from infra import functions
from shared.edge.spec import Spec
from tests.conftest import Caller, Org, Tenants
from tests.schema.tables import privileged_columns, read_tables
from tests.support.extremes import WORDS, Field, Writing, read_fields

if TYPE_CHECKING:
    from pydantic import BaseModel

pytestmark = pytest.mark.anyio

CALLS_OF_ONE = 90
"""A caller's minute has room for so many."""
NO_EXTREMES = {
    "agent_api_keys.scopes": "three lists, by plan",
    "media.failure": "goes with a status",
}
KEYS = {"customer_id": "customers", "order_id": "orders", "item_id": "items", "chat_id": "chats"}
"""Arguments that are the id of a row of a table. A reader that requires one gets each row in turn."""
OF_ONE_ROW = {"nexus_check_stock": ("item_id", "items"), "media-link": ("id", "media")}
"""Other readers that need a row's id, of which `KEYS` cannot know: the argument and the table."""
ELSEWHERE = {
    "nexus_search": "searched below",
    "whatsapp-get-templates": "asks the channel",
    "whatsapp-templates": "asks the channel",
    "whatsapp-reply-status": "of one message that was sent from here",
}


def _readers() -> dict[str, Spec]:
    return {spec.name: spec for spec in functions.specs() if spec.scope == "read" and not spec.has_own_protocol}


def _reading_tools() -> list[str]:
    return [name for name, tool in registry.tools.items() if tool.scope == "read"]


def _rows_by_reader() -> dict[str, tuple[str, str]]:
    """Return the readers that need a row: the argument and the table of its id."""
    models: dict[str, type[BaseModel]] = {name: registry.tools[name].arguments for name in _reading_tools()}
    models |= {name: spec.body for name, spec in _readers().items() if spec.body is not None}
    required = {
        name: [field for field, info in model.model_fields.items() if info.is_required()]
        for name, model in models.items()
        if name not in ELSEWHERE
    }
    found = {name: (fields[0], KEYS[fields[0]]) for name, fields in required.items() if fields and fields[0] in KEYS}
    return found | OF_ONE_ROW


class Written(NamedTuple):
    """The organization and what came of each value."""

    org: Org
    fields: list[Field]
    taken: list[tuple[Field, Any]]
    wrongly_taken: list[str]
    keys: dict[str, list[str]]
    """Of each reader that needs a row: the rows' keys."""


@pytest.fixture(scope="module")
def rows_by_reader() -> dict[str, tuple[str, str]]:
    return _rows_by_reader()


@pytest.fixture(scope="module")
def written(services, base_url, rows_by_reader) -> Iterator[Written]:
    tenants = Tenants(services)
    org = tenants.org(plan="scale")
    with tenants.database() as database:
        tables = read_tables(database)
        fields, writing = read_fields(database, tables), Writing(database, tables, org.id)
        wrong = [
            f"{each.table}.{each.column} {str(value)[:60]}"
            for each in fields
            for value in each.must_be_refused()
            if writing.write(each, value) is None
        ]
        taken = [(each, value) for each in fields for value in each.may_be_taken() if not writing.write(each, value)]
        keys = {
            reader: [
                str(row[0]) for row in database.execute(f"SELECT id FROM {table} WHERE organization_id = %s", [org.id])
            ]
            for reader, (_, table) in rows_by_reader.items()
        }
    yield Written(org, fields, taken, wrong, keys)
    with tenants.database() as database:
        # Jobs of other tests find no work here.
        database.execute("SET session_replication_role = replica")
        for table in ("message_deliveries", "channel_identities", "channel_accounts", "media_tasks", "outbox"):
            database.execute(f"DELETE FROM {table} WHERE organization_id = %s", [org.id])


@pytest.fixture
def turns(written) -> Callable[[], Caller]:
    """Return agents by turns, so that none meets its rate limit."""
    calls = iter(range(10**6))
    agents: list[Caller] = [written.org.agent()]

    def choose() -> Caller:
        if next(calls) % CALLS_OF_ONE == CALLS_OF_ONE - 1:
            agents.append(written.org.agent())
        return agents[-1]

    return choose


def strictly(text: str) -> Any:
    """Return the value, where it is JSON as the RFC has it: NaN and Infinity are not."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def rest(http, services, turns) -> Callable[..., Awaitable[httpx.Response]]:
    """Send a request to /rest/v1, by an agent unless somebody else is named."""

    async def send(method: str, path: str, *, as_: Caller | None = None, **kw: Any) -> httpx.Response:
        headers = {"apikey": services.secrets.publishable_key, **(as_ or turns()).headers}
        answer: httpx.Response = await http.request(method, f"/rest/v1/{path}", headers=headers, **kw)
        return answer

    return send


@pytest.fixture
def use(rpc, turns) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Return the result of a tool; fail where there is none."""

    async def send(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer = await rpc("tools/call", {"name": tool, "arguments": arguments}, as_=turns())
        told = strictly(answer.text)
        assert not told.get("result", {"isError": True}).get("isError"), f"{tool} {arguments}: {answer.text[:500]}"
        found: dict[str, Any] = told["result"]["structuredContent"]
        assert strictly(told["result"]["content"][0]["text"]) == found
        return found

    return send


async def pages_of(read: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> int:
    """Return how many rows a list has, read to its end in large pages and in small ones."""
    seen, arguments = 0, {"limit": 100}
    while True:
        page = await read(arguments)
        seen += len(page["data"])
        if not page.get("next_cursor"):
            return seen
        arguments = {"limit": 100, "cursor": page["next_cursor"]}


def test_every_reader_that_has_an_entry_exists():
    assert OF_ONE_ROW.keys() | ELSEWHERE.keys() <= {*_reading_tools(), *_readers()}


def test_no_value_that_some_reader_cannot_read_is_taken(written):
    assert not written.wrongly_taken


def test_every_column_took_some_value(written):
    filled = {(field.table, field.column) for field, _ in written.taken}
    empty = {f"{each.table}.{each.column}" for each in written.fields if (each.table, each.column) not in filled}
    assert empty <= NO_EXTREMES.keys()


async def test_every_table_is_listed_over_rest(written, rest, tenants):
    with tenants.database() as database:
        columns = {
            name: privileged_columns(database, name, "authenticated", "SELECT") for name in read_tables(database)
        }
    assert written.taken
    for table, names in columns.items():
        offset = 0
        rows: list[Any] = [{}]
        while rows and names:
            answer = await rest("GET", table, params={"select": ",".join(names), "limit": 100, "offset": offset})
            assert answer.status_code in (200, 206), f"{table}: {answer.text[:500]}"
            rows = strictly(answer.text)
            offset += len(rows)


@pytest.mark.parametrize("name", _reading_tools())
async def test_every_reading_tool_reads_them(written, use, rows_by_reader, name):
    if name in rows_by_reader:
        argument, _ = rows_by_reader[name]
        assert written.keys[name]
        for key in written.keys[name]:
            await use(name, {argument: key})
    elif name not in ELSEWHERE:
        assert await pages_of(lambda arguments: use(name, arguments)) > 1


async def test_search_takes_their_own_words(written, use):
    words = {value for field, value in written.taken if field.kind == "text" and 0 < len(value) <= 100}
    for word in words - {each for each in words if not each.strip()}:
        await use("nexus_search", {"query": word})


@pytest.mark.parametrize("reader", [pytest.param(spec, id=name) for name, spec in _readers().items()])
async def test_every_reading_function_reads_them(written, http, turns, rows_by_reader, reader: Spec):
    async def read(arguments: dict[str, Any]) -> dict[str, Any]:
        answer = await http.request(
            reader.method, f"/functions/v1/{reader.name}", params=arguments, headers=turns().headers
        )
        assert answer.status_code == 200, f"{arguments}: {answer.text[:500]}"
        found: dict[str, Any] = strictly(answer.text)
        return found

    if reader.name in rows_by_reader:
        argument, _ = rows_by_reader[reader.name]
        assert written.keys[reader.name]
        for key in written.keys[reader.name]:
            await read({argument: key})
    elif reader.name not in ELSEWHERE:
        paged = reader.body is not None and "cursor" in reader.body.model_fields
        assert await pages_of(read) if paged else await read({})


async def test_every_resource_reads_them(written, rpc, turns):
    for uri in registry.resources:
        told = strictly((await rpc("resources/read", {"uri": uri}, as_=turns())).text)
        assert strictly(told["result"]["contents"][0]["text"])


async def test_an_organization_of_any_name_is_read(written, call, rest, rpc, tenants):
    caller = written.org.agent()
    with tenants.database() as database:
        # Names that nobody can see are refused, and were not always.
        database.execute("SET session_replication_role = replica")
        for name in ["x" * 200, "🧿" * 200, *(word for word in WORDS if word)]:
            database.execute("UPDATE organizations SET name = %s WHERE id = %s", [name, written.org.id])
            usage = await call("agent-usage", method="GET", as_=caller)
            assert strictly(usage.text)["organization_name"] == name
            listed = await rest("GET", "organizations?select=name", as_=caller)
            assert strictly(listed.text) == [{"name": name}]
            told = await rpc("resources/read", {"uri": "nexus://organization/info"}, as_=caller)
            assert name in strictly(strictly(told.text)["result"]["contents"][0]["text"])["organization"].values()


async def test_4xx_over_rest_for_each_value_beyond_and_nothing_changes(written, rest, tenants):
    refused = 0
    with tenants.database() as database:
        tables = read_tables(database)
        changing = {name: privileged_columns(database, name, "authenticated", "UPDATE") for name in tables}
    for field in written.fields:
        # By itself, null in JSON is SQL's.
        beyond = [value for value in field.must_be_refused() if value is not None]
        key = tables[field.table].key[0]
        if field.column not in changing[field.table] or not beyond:
            continue
        owner = written.org.person("owner")
        before = (await rest("GET", f"{field.table}?select={key},{field.column}&limit=1", as_=owner)).json()[0]
        path = f"{field.table}?{key}=eq.{before[key]}"
        for value in beyond:
            answer = await rest("PATCH", path, as_=owner, content=json.dumps({field.column: value}))
            assert 400 <= answer.status_code < 500, f"{field} {str(value)[:60]}: {answer.text[:300]}"
            assert strictly(answer.text)["message"]
            refused += 1
        after = await rest("GET", f"{path}&select={key},{field.column}", as_=owner)
        assert after.json() == [before]
    assert refused
