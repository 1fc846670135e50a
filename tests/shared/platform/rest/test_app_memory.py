"""What the database holds of an answer: no more than may be answered, however the rows are gathered."""

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import structs
from psycopg import conninfo, sql

from shared.platform.rest.app import answer
from shared.platform.rest.caller import Caller
from shared.platform.rest.catalog.load import load
from shared.platform.rest.request import Incoming
from shared.platform.rest.settings import Bounds, RestSettings, TxEnd
from shared.runtime.postgres.connection import Connection
from tests.shared.platform.rest.conftest import Answer, Archive

pytestmark = pytest.mark.anyio
MOST = 2**20
ROOM = 16 * MOST
"""For a few copies of what may be answered, and of one row; what is asked for below is 20 to 200 times as much."""
COPIES = 12
"""Of an answer as CSV that may be held while it is made."""
NOTES = ",".join(f"n{number}:note" for number in range(3))
MANY = ",".join(f"b{number}:books(note)" for number in range(20))
WIDE = {
    "rows": ("GET", "/books?limit=1000", {}),
    "rows by order": ("GET", "/books?order=note,id&limit=1000", {}),
    "columns again": ("GET", f"/shelves?select={NOTES}", {}),
    "one list": ("GET", f"/shelves?select=id,books({NOTES})&limit=1", {}),
    "lists beside one another": ("GET", f"/shelves?select={MANY}&limit=1", {}),
    "lists of each row": ("GET", "/shelves?select=id,books(note)", {}),
    "lists in lists": ("GET", "/shelves?select=id,books(note,pages(note))", {}),
    "lists of one row of another": ("GET", f"/pages?select=note,books(note,shelves({MANY}))&limit=5", {}),
    "lists behind an offset": ("GET", f"/shelves?select={MANY}&offset=20&limit=1", {}),
    "a list spread": ("GET", f"/shelves?select=id,...books({NOTES})&limit=1", {}),
    "a list spread often": (
        "GET",
        "/shelves?select=" + ",".join(f"...books(n{number}:note)" for number in range(20)) + "&limit=1",
        {},
    ),
    "lists in what is spread": ("GET", f"/books?select=id,...shelves({MANY})&limit=1", {}),
    "rows of a function": ("GET", "/rpc/every", {}),
    "values of a function": ("GET", "/rpc/notes", {}),
    "a list by a function": ("GET", f"/shelves?select=id,first({NOTES})&limit=1", {}),
    "CSV": ("GET", "/books", {"accept": "text/csv"}),
    "CSV of lists": ("GET", f"/shelves?select={MANY}&limit=1", {"accept": "text/csv"}),
    "CSV of a function": ("GET", "/rpc/notes", {"accept": "text/csv"}),
    "one object": ("GET", "/books", {"accept": "application/vnd.pgrst.object+json"}),
    "without nulls": ("GET", "/books", {"accept": "application/vnd.pgrst.array+json;nulls=stripped"}),
    "what was changed": ("PATCH", "/books?id=gt.0", {"prefer": "return=representation"}),
    "what was removed": ("DELETE", "/pages?id=gt.0", {"prefer": "return=representation"}),
    "lists of what was changed": ("PATCH", f"/shelves?id=eq.1&select={MANY}", {"prefer": "return=representation"}),
}


@pytest.fixture(scope="module")
def wide_url(services) -> Iterator[str]:
    name = f"wide_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(services.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = conninfo.make_conninfo(services.admin_url, dbname=name)
        with psycopg.connect(url, autocommit=True) as database:
            database.execute(Path(__file__).with_name("wide.sql").read_bytes())
        yield url
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def shelves(wide_url):
    """Yield a host over these rows, on a connection of its own."""
    async with await Connection.connect(wide_url, autocommit=True) as opened:
        user = opened.info.user
        cache = await load(lambda sent: opened.exchange(sent, timeout_s=30), ["wide"], [])
        settings = RestSettings(
            schemas=("wide",),
            extra_search_path=(),
            tx_end=TxEnd.ROLLBACK,
            aggregates=True,
            bounds=Bounds(answer_bytes=MOST),
            plain_cells=True,
        )
        yield Archive(settings, cache, opened, Caller(user, "{}"))


@pytest.fixture
def ask(shelves) -> Callable[..., Any]:
    async def send(method: str, target: str, headers: dict[str, str], most: int | None = MOST) -> Answer:
        path, _, query = target.partition("?")
        body = b'{"note": "' + b"x" * 20_000 + b'"}' if method == "PATCH" else b""
        settings = structs.replace(shelves.settings, bounds=Bounds(answer_bytes=most))
        host: Any = replace(shelves, settings=settings)
        incoming = Incoming(method, path, query, tuple(headers.items()), body)
        return Answer(await answer(incoming, host))

    return send


@pytest.fixture
def peak(shelves) -> Callable[[], int]:
    """Return the most bytes of address space that the backend has had so far."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells it")
    status = Path(f"/proc/{shelves.lent.info.backend_pid}/status")

    def read() -> int:
        return int(status.read_text().partition("VmPeak:")[2].split()[0]) * 1024

    return read


@pytest.mark.parametrize("name", WIDE)
async def test_no_more_is_held_than_may_be_answered(ask, peak, name):
    await ask("GET", "/books?select=id,shelves(id,books(id))&limit=1", {})
    before = peak()
    found = await ask(*WIDE[name])
    assert (found.status, "answer_too_large" in found.body) == (413, True), found.body[:300]
    assert peak() - before < ROOM


@pytest.mark.parametrize(
    "name", ["rows", "one list", "lists beside one another", "lists in lists", "CSV", "what was changed"]
)
async def test_the_same_without_a_bound_holds_much(ask, peak, name):
    """So that the test above could fail."""
    await ask("GET", "/books?select=id,shelves(id,books(id))&limit=1", {})
    before = peak()
    assert (await ask(*WIDE[name], most=None)).status == 200
    assert peak() - before > ROOM


async def test_csv_of_a_large_cell_holds_a_few_copies_of_it(ask, peak):
    """A cell of quotes, each of which becomes four bytes."""
    await ask("GET", "/shelves?select=id,quotes(note)&limit=1&quotes.limit=1", {"accept": "text/csv"})
    before = peak()
    found = await ask("GET", f"/shelves?select=quotes({NOTES})&id=eq.1", {"accept": "text/csv"}, most=2**24)
    assert (found.status, len(found.body) > 4 * MOST) == (200, True)
    assert peak() - before < COPIES * len(found.body)


SIDE = ",".join(f"b{number}:books(note)" for number in range(3))
COUNTED = {
    "rows": ("GET", "/books?limit=60", {}),
    "columns": ("GET", f"/shelves?select={NOTES}&limit=9", {}),
    "lists": ("GET", "/shelves?select=id,books(note)&limit=3", {}),
    "lists beside one another": ("GET", f"/shelves?select=note,{SIDE}&limit=1&order=id.desc", {}),
    "lists in lists": ("GET", "/shelves?select=note,books(note,pages(note))&limit=1&books.limit=9", {}),
    "lists of one row of another": ("GET", "/pages?select=note,books(note,shelves(id,books(note)))&limit=2", {}),
    "narrow rows": ("GET", "/shelves?select=id,books(id,pages(id))", {}),
    "values of a function": ("GET", "/rpc/notes?limit=40", {}),
    "rows of a function": ("GET", "/rpc/every?limit=40&select=note,shelves(note)", {}),
    "CSV": ("GET", "/books?limit=40", {"accept": "text/csv"}),
    "CSV of lists": ("GET", "/shelves?select=note,books(note)&limit=2", {"accept": "text/csv"}),
    "one object": ("GET", "/shelves?id=eq.3&select=*,books(*)", {"accept": "application/vnd.pgrst.object+json"}),
    "without nulls": ("GET", "/books?limit=60", {"accept": "application/vnd.pgrst.array+json;nulls=stripped"}),
    "what was changed": ("PATCH", "/books?id=lt.40&select=id,note,shelves(note)", {"prefer": "return=representation"}),
    "behind an offset": ("GET", "/shelves?select=id,books(note)&limit=2&offset=10", {}),
    "lists behind an offset": ("GET", f"/shelves?select=note,{SIDE}&limit=1&offset=7&order=id.desc", {}),
    "a list behind offsets": ("GET", "/shelves?select=*,first(*)&limit=1&offset=3&order=note,id", {}),
    "lists behind offsets": (
        "GET",
        "/shelves?select=books(id,pages(note))&limit=1&offset=3&books.offset=9&books.limit=3",
        {},
    ),
    "spread": ("GET", "/shelves?select=id,...books(note)&limit=2", {}),
    "twice the same name": ("GET", "/shelves?select=books:id,books(note)&limit=2", {}),
}


@pytest.mark.parametrize("name", COUNTED)
async def test_an_answer_that_just_fits_is_given_and_one_byte_less_is_not(ask, name):
    without = await ask(*COUNTED[name], most=None)
    found = await ask(*COUNTED[name], most=2**30)
    assert (without.status, found.status, "".join(found.body.split())) == (200, 200, "".join(without.body.split()))
    size = len(found.body.encode())
    assert (await ask(*COUNTED[name], most=size)).body == found.body
    refused = await ask(*COUNTED[name], most=size - 1)
    assert (refused.status, json.loads(refused.json["details"])["limit"]) == (413, size - 1)
