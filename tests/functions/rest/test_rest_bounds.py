"""What one request may cost all who share the database: each bound has a code, and nothing is done."""

import uuid

import pytest
from msgspec import structs

from functions.rest import host
from shared.platform.rest.errors import DatabaseFault, of_database
from shared.platform.rest.settings import Bounds, RestSettings

pytestmark = pytest.mark.anyio
TO_AND_FRO = "id,orders(id,customers(id,orders(id,customers(id,orders(id)))))"
GROWING = "id,orders(id,customers(id,orders(id,order_items(id))))"


def nested(depth):
    return "(" + "and(" * depth + "first_name.eq.a" + ")" * depth + ")"


@pytest.fixture
def bounded(monkeypatch):
    """Provide `bounded(answer_bytes=100)`, which sets the bounds of callers from here on, for this test."""

    def change(**bounds):
        settings = host.for_callers()
        changed = structs.replace(settings, bounds=structs.replace(settings.bounds, **bounds))
        monkeypatch.setattr(host, "for_callers", lambda: changed)

    return change


@pytest.fixture
async def customer(rest, org):
    body = {"first_name": "Mona " + "x" * 150}
    answer = await rest("POST", "customers", as_=org.owner, json=body, headers={"Prefer": "return=representation"})
    return answer.json()[0]["id"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"select": TO_AND_FRO}, (400, "embeds_too_deep")),
        ({"select": GROWING}, (413, "too_many_rows")),
        ({"select": "id," + ",".join(f"a{number}:orders(id)" for number in range(21))}, (400, "query_too_large")),
        (
            {"select": ",".join(f"n{number}:metadata" for number in range(1000)), "limit": "100"},
            (400, "query_too_large"),
        ),
        ({"select": ",".join(f"n{number}:metadata" for number in range(4))}, (400, "query_too_large")),
        ({"select": ",".join(f"n{number}:metadata->a" for number in range(4))}, (400, "query_too_large")),
        ({"select": "*,*,*,*"}, (400, "query_too_large")),
        ({"select": ",".join(f"n{number}:metadata->a{number}" for number in range(101))}, (400, "query_too_large")),
        ({"select": "id," + ",".join(f"a{number}:orders(notes)" for number in range(4))}, (400, "query_too_large")),
        ({"first_name": r"match.(a*)\1"}, (400, "pattern_not_allowed")),
        ({"first_name": r"imatch.((((a+)+)+)+)\4$"}, (400, "pattern_not_allowed")),
        ({"first_name": r"not.match.(a)[\1]"}, (400, "pattern_not_allowed")),
        ({"first_name": r"match(any).{a,(b)\\1}"}, (400, "pattern_not_allowed")),
        ({"or": r'(first_name.match."(a*)\\1",first_name.eq.b)'}, (400, "pattern_not_allowed")),
        ({"orders.order_number": r"match.(a*)\1", "select": "id,orders(id)"}, (400, "pattern_not_allowed")),
        ({"first_name": "match." + "(a|b)" * 41}, (400, "query_too_large")),
        ({"first_name": "wfts." + "word " * 3000}, (400, "query_too_large")),
        ({"first_name": "fts." + "%7C".join(["a"] * 101)}, (400, "query_too_large")),
        ({"first_name": "fts(simple)." + "&".join(["b"] * 101)}, (400, "query_too_large")),
        ({"first_name": "in.(" + ",".join(map(str, range(1001))) + ")"}, (400, "query_too_large")),
        ({"first_name": "eq(any).{" + ",".join(map(str, range(1001))) + "}"}, (400, "query_too_large")),
        ({"or": "(" + ",".join(f"first_name.eq.{number}" for number in range(201)) + ")"}, (400, "query_too_large")),
        ({"and": nested(11)}, (400, "query_too_large")),
        ({"order": ",".join(["first_name"] * 201)}, (400, "query_too_large")),
        ({"first_name": "eq." + "x" * 60_001}, (400, "query_too_large")),
    ],
)
async def test_refused_before_it_costs_anything(rest, org, error_of, query, told):
    answer = await rest("GET", "customers", as_=org.owner, params=query)
    assert answer.json()["code"] == f"PT{told[0]}", answer.text[:300]
    assert (answer.status_code, error_of(answer)) == told
    assert set(answer.json()) == {"code", "details", "hint", "message"}


@pytest.mark.parametrize(
    "query",
    [
        {"select": "id,orders(id,order_items(id))"},
        {"select": GROWING, "limit": "2", "orders.limit": "2", "orders.customers.orders.limit": "2"},
        {"first_name": r"match.^(a|b)+\d{3}\.\\0$"},
        {"first_name": "wfts." + "word " * 100},
        {"select": ",".join(f"n{number}:metadata" for number in range(3))},
        {"select": ",".join(f"n{number}:metadata->>a{number}" for number in range(100))},
        {"id": "in.(" + ",".join(str(uuid.uuid4()) for _ in range(1000)) + ")"},
        {"and": nested(9)},
    ],
)
async def test_200_up_to_the_bound(rest, org, query):
    answer = await rest("GET", "customers", as_=org.owner, params=query)
    assert answer.status_code == 200, answer.text[:300]


@pytest.mark.parametrize("content_type", ["application/json", "text/csv"])
@pytest.mark.parametrize("columns", ["", "?columns=first_name"])
async def test_413_for_more_rows_than_one_body_may_have(rest, org, error_of, content_type, columns):
    body = (
        "first_name\n" + "a\n" * 1001
        if content_type == "text/csv"
        else "[" + ",".join(['{"first_name":"a"}'] * 1001) + "]"
    )
    headers = {"Content-Type": content_type}
    answer = await rest("POST", f"customers{columns}", as_=org.owner, content=body, headers=headers)
    assert (answer.status_code, error_of(answer)) == (413, "too_many_rows")
    assert (await rest("GET", "customers?select=id", as_=org.owner)).json() == []


async def test_413_for_a_body_of_nothing_but_rows(rest, org, error_of):
    answer = await rest("POST", "labels", as_=org.owner, content="[" + ",".join(["{}"] * 300_000) + "]")
    assert (answer.status_code, error_of(answer)) == (413, "too_many_rows")


async def test_413_for_an_answer_that_is_too_large_and_nothing_of_it_is_sent(rest, org, error_of, bounded, customer):
    bounded(answer_bytes=100)
    answer = await rest("GET", f"customers?id=eq.{customer}", as_=org.owner)
    assert (answer.status_code, error_of(answer)) == (413, "answer_too_large")
    assert len(answer.content) < 400
    assert (await rest("GET", f"customers?id=eq.{customer}&select=id", as_=org.owner)).status_code == 200


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.pgrst.object+json"])
async def test_413_for_a_change_whose_answer_is_too_large_undoes_it(rest, org, bounded, customer, accept):
    bounded(answer_bytes=100)
    headers = {"Prefer": "return=representation", "Accept": accept}
    change = {"first_name": "changed", "notes": "y" * 200}
    place = f"customers?id=eq.{customer}"
    answer = await rest("PATCH", place, as_=org.owner, json=change, headers=headers)
    assert (answer.status_code, "answer_too_large" in answer.text) == (413, True)
    stored = await rest("GET", f"{place}&select=first_name&first_name=like.Mona*&limit=1", as_=org.owner)
    assert stored.status_code == 413 or stored.json() != []
    assert (await rest("GET", f"{place}&select=id&first_name=eq.changed", as_=org.owner)).json() == []


async def test_503_for_a_statement_that_takes_too_long(rest, org, bounded, customer, tenants):
    bounded(statement_ms=50)
    with tenants.database() as database, database.transaction():
        database.execute("SELECT 1 FROM customers WHERE id = %s FOR UPDATE", [customer])
        answer = await rest("PATCH", f"customers?id=eq.{customer}", as_=org.owner, json={"notes": "late"})
    assert (answer.status_code, answer.json()["code"]) == (503, "57014"), answer.text
    assert ("statement_timeout" in answer.json()["details"], "canceling" in answer.text) == (True, False)
    assert answer.headers["retry-after"] == "2"
    assert (await rest("PATCH", f"customers?id=eq.{customer}", as_=org.owner, json={"notes": "now"})).status_code == 204


async def test_405_for_a_row_of_a_view(rest):
    answer = await rest("POST", "item_stock", key="secret", json={"item_id": str(uuid.uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (405, "55000"), answer.text


async def test_the_secret_key_asks_for_more(rest):
    values = ",".join(str(uuid.uuid4()) for _ in range(1200))
    assert (await rest("GET", f"customers?select=id&id=in.({values})", key="secret")).status_code == 200


@pytest.mark.parametrize(("state", "status"), [("55000", 405), ("57014", 503), ("54001", 400), ("23505", 409)])
def test_an_error_of_the_caller_has_its_own_status(state, status):
    assert of_database(DatabaseFault(state, "told"), anonymous=False, statuses=dict(host.STATUSES)).status == status


def test_a_foreign_database_has_no_bounds_until_they_are_set():
    assert RestSettings().bounds == Bounds()
    assert not any(structs.asdict(Bounds()).values())
    assert RestSettings().statuses == ()
