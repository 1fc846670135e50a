"""Every table, asked in every way that could show another organization's rows: none does."""

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from shared.platform.rest.catalog.load import load
from shared.platform.rest.schema import Name, Relationship
from shared.runtime.postgres.connection import Connection
from tests.conftest import Tenants
from tests.schema.matrix import EXPECTED, seeded
from tests.schema.rows import Rows
from tests.schema.tables import privileged_columns, read_tables

pytestmark = pytest.mark.anyio
READABLE = sorted(name for name, rights in EXPECTED.items() if rights.select)
HIDDEN = sorted(EXPECTED.keys() - READABLE)
OPEN_TO_ALL = {"plans"}
VIEWS = {"item_stock", "audit_trail"}


@pytest.fixture(scope="module")
def world(services, base_url) -> Iterator[SimpleNamespace]:
    """Yield two organizations with a row in every table, and by which words each one's rows are known."""
    make = Tenants(services)
    own, other = make.org(), make.org()
    with make.database() as database:
        tables = read_tables(database)
        rows = Rows(database, tables)
        mine, theirs = seeded(rows, tables, own.id), seeded(rows, tables, other.id)
        # The view shows the rows of the table.
        mine, theirs = (
            replace(tenant, rows={**tenant.rows, "audit_trail": tenant.rows["audit_events"]})
            for tenant in (mine, theirs)
        )
        shown = {name: ",".join(privileged_columns(database, name, "authenticated", "SELECT")) for name in READABLE}
        words = [set(_words(database, tables, tenant)) for tenant in (own.id, other.id)]
        yield SimpleNamespace(
            own=own,
            other=other,
            tables=tables,
            shown=shown,
            mine=mine,
            theirs=theirs,
            of_mine=words[0] - words[1],
            marks=words[1] - words[0],
        )
        rows.remove()


def _words(database, tables, organization_id: uuid.UUID) -> Iterator[str]:
    """Identifiers and texts that the organization's rows alone have."""
    for table in tables.values():
        if table.has_organization:
            found = database.execute(
                f"SELECT to_jsonb(t) FROM public.{table.name} AS t WHERE organization_id = %s", [organization_id]
            )
            for (row,) in found:
                yield from (text for text in map(str, row.values()) if "matrix " in text or _is_uuid(text))
    yield str(organization_id)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


@pytest.fixture(scope="module")
async def relationships(services, base_url) -> dict[Name, tuple[Relationship, ...]]:
    async with await Connection.connect(services.database_url, autocommit=True) as connection:
        cache = await load(lambda statements: connection.exchange(statements, timeout_s=30), ["public"])
    return dict(cache.relationships)


@pytest.fixture
def ask(rest, world):
    """Return the answer to an agent of the first organization; it holds nothing of the second but the query."""
    numbers, agents = itertools.count(), [world.own.agent("admin") for _ in range(3)]

    async def send(method: str, path: str, **kw: Any):
        # In turn, because each may only ask a hundred times a minute.
        answer = await rest(method, path, as_=agents[next(numbers) % len(agents)], **kw)
        assert answer.status_code < 500, answer.text
        told = answer.text + str(answer.headers.get("content-range")) + str(answer.headers.get("location"))
        asked = path + str(kw.get("json"))
        leaked = {mark for mark in world.marks if mark in told and mark not in asked}
        assert not leaked, f"{method} {path}: {leaked}"
        return answer

    return send


def _key(world: SimpleNamespace, table: str, tenant: str = "theirs") -> dict[str, str]:
    return {column: str(value) for column, value in getattr(world, tenant).rows[table].items()}


def _where(key: dict[str, str]) -> str:
    return "&".join(
        f'{column}=eq."{value}"' if " " in value else f"{column}=eq.{value}" for column, value in key.items()
    )


@pytest.mark.parametrize("table", [name for name in READABLE if name not in VIEWS])
async def test_no_read_shows_rows_of_another_tenant(ask, world, table):
    some, key = next(iter(_key(world, table).items()))
    page = f"{table}?select={world.shown[table]}"
    listed = await ask("GET", page, headers={"Prefer": "count=exact"})
    assert listed.status_code in {200, 206}, listed.text
    assert any(word in listed.text for word in world.of_mine) or table in OPEN_TO_ALL
    for query in (f"order={some}.desc", f"or=({some}.is.null,{some}.not.is.null)", f"{some}=not.is.null"):
        for count in ("exact", "planned", "estimated"):
            answer = await ask("GET", f"{page}&{query}", headers={"Prefer": f"count={count}"})
            assert (
                answer.headers["content-range"].partition("/")[2] == listed.headers["content-range"].partition("/")[2]
            )
    assert (await ask("GET", f'{page}&{some}=in.("{key}")')).json() == [] or table in OPEN_TO_ALL


@pytest.mark.parametrize("table", [name for name in READABLE if name not in {*VIEWS, *OPEN_TO_ALL}])
async def test_their_row_is_as_absent_as_none(ask, world, table):
    theirs = _key(world, table)
    invented = {column: str(uuid.uuid4()) if _is_uuid(value) else value for column, value in theirs.items()}
    for method, headers in (
        ("GET", {"Prefer": "count=exact"}),
        ("GET", {"Prefer": "count=planned"}),
        ("HEAD", {"Prefer": "count=exact"}),
        ("GET", {"Accept": "application/vnd.pgrst.object+json"}),
        ("GET", {"Accept": "text/csv"}),
        ("DELETE", {"Prefer": "return=representation, count=exact"}),
    ):
        answers = [
            await ask(method, f"{table}?select={world.shown[table]}&{_where(key)}", headers=headers)
            for key in (theirs, invented)
        ]
        assert len({(each.status_code, each.text, each.headers.get("content-range")) for each in answers}) == 1


@pytest.mark.parametrize("table", READABLE)
async def test_no_embed_leads_to_them(ask, relationships, world, table):
    for each in relationships.get(Name("public", table), ()):
        if each.source == each.target:
            continue
        way = each.junction.table.name if each.junction else each.constraint
        readable = each.target.name in READABLE and (each.junction is None or each.junction.table.name in READABLE)
        embed = f"found:{each.target.name}!{way}"
        columns = world.shown.get(each.target.name, "*")
        for query in (
            f"select={world.shown[table]},{embed}({columns})",
            f"select={world.shown[table]},{embed}!inner({columns})",
            f"select=found:{each.target.name}!{way}()&found=is.null",
            f"select={embed}({columns})&found.or=(organization_id.eq.{world.other.id},organization_id.not.is.null)",
        ):
            answer = await ask("GET", f"{table}?{query}")
            assert answer.status_code == (200 if readable else 403) or "organization_id" in query, answer.text


@pytest.mark.parametrize("table", HIDDEN)
async def test_tables_of_the_service_are_refused(ask, table):
    for answer in (await ask("GET", table), await ask("POST", table, json={}), await ask("DELETE", f"{table}?limit=1")):
        assert answer.status_code in {400, 403}, answer.text


WRITABLE = sorted(name for name, rights in EXPECTED.items() if rights.insert)


@pytest.mark.parametrize("table", WRITABLE)
async def test_no_row_is_written_for_another_organization(ask, world, table, tenants):
    values = {
        name: value.hex() if isinstance(value, bytes) else value if isinstance(value, (int, list, bool)) else str(value)
        for name, value in world.theirs.candidates[table].items()
    }
    for headers in ({}, {"Prefer": "resolution=merge-duplicates"}, {"Prefer": "return=representation"}):
        answer = await ask("POST", table, json=values, headers=headers)
        assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("table", [name for name in WRITABLE if name != "organizations" and EXPECTED[name].update])
async def test_no_change_reaches_them(ask, world, table, tenants):
    theirs = _key(world, table)
    with tenants.database() as database:
        where = " AND ".join(f"{column} = %({column})s" for column in theirs)
        before = database.execute(f"SELECT to_jsonb(t) FROM {table} AS t WHERE {where}", theirs).fetchone()
        change = next(name for name in before[0] if name not in {*theirs, "organization_id", "order_id", "created_at"})
        for verb in ("PATCH", "DELETE"):
            await ask(verb, f"{table}?{_where(theirs)}", json={change: before[0][change]})
            await ask(verb, f"{table}?organization_id=eq.{world.other.id}", json={change: before[0][change]})
        assert database.execute(f"SELECT to_jsonb(t) FROM {table} AS t WHERE {where}", theirs).fetchone() == before


@pytest.mark.parametrize("table", ["customers", "orders", "items", "labels", "chats", "warehouses"])
async def test_an_upsert_over_their_row_changes_nothing_of_it(ask, world, table, tenants):
    theirs = _key(world, table)["id"]
    row = {**{name: str(value) for name, value in world.mine.candidates[table].items()}, "id": theirs}
    merging = {"Prefer": "resolution=merge-duplicates,return=representation"}
    with tenants.database() as database:
        look = f"SELECT to_jsonb(t) FROM {table} AS t WHERE id = %s"
        before = database.execute(look, [theirs]).fetchone()
        for answer in (
            await ask("POST", table, json=row, headers=merging),
            await ask("POST", f"{table}?on_conflict=id", json=[row], headers=merging),
            await ask("PUT", f"{table}?id=eq.{theirs}", json=row),
        ):
            assert answer.status_code in {400, 403, 409}, answer.text
        ignoring = await ask("POST", table, json=row, headers={"Prefer": "resolution=ignore-duplicates"})
        assert ignoring.status_code in {201, 403}, ignoring.text
        assert database.execute(look, [theirs]).fetchone() == before


async def test_only_the_service_sees_how_the_database_works(ask):
    for accept in ("application/vnd.pgrst.plan+json", "application/vnd.pgrst.plan+text"):
        assert (await ask("GET", "customers", headers={"Accept": accept})).status_code == 406
    for asked in ("pg_roles", "rpc/pg_sleep?seconds=9", "schema_migrations", "rpc/organization_with?required=read"):
        answer = await ask("GET", asked)
        assert (answer.status_code, answer.json()["code"][:7]) == (404, "PGRST20")
    for schema in ("auth", "app", "storage", "pg_catalog"):
        assert (await ask("GET", "users", headers={"Accept-Profile": schema})).json()["code"] == "PGRST106"
