"""What /rest/v1 takes and refuses of order numbers and SKUs, which are one in all their spellings."""

import pytest

pytestmark = pytest.mark.anyio

SPELT = [
    "1001",
    "#1001",
    "# 1001",
    "1001 ",
    "\u0661\u0660\u0660\u0661",
    "\uff11\uff10\uff10\uff11",
    "\u200f1001",
    "10\u00ad01",
]


@pytest.fixture
def order(tenants):
    """Insert an order under that number."""

    def insert(org, number):
        with tenants.database() as db:
            db.execute("INSERT INTO orders (organization_id, order_number) VALUES (%s, %s)", (org.id, number))

    return insert


@pytest.mark.parametrize("spelt", SPELT)
async def test_409_for_a_second_order_of_one_number_says_which_column(rest, order, org, other_org, spelt):
    order(org, "1001")
    order(other_org, "1001")
    answer = await rest("POST", "orders", as_=org.agent("write"), json={"order_number": spelt})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert "order_number" in answer.json()["hint"], answer.text
    assert "order_number_key" not in answer.json()["hint"], answer.text


async def test_409_for_an_order_that_takes_the_number_of_another(rest, order, org):
    order(org, "1001")
    order(org, "1002")
    who = org.agent("write")
    taken = await rest("PATCH", "orders?order_number=eq.1002", as_=who, json={"order_number": "#1001"})
    own = await rest("PATCH", "orders?order_number=eq.1002", as_=who, json={"order_number": "#1002"})
    assert (taken.status_code, taken.json()["code"]) == (409, "23505")
    assert own.status_code == 204
    shown = (await rest("GET", "orders?select=order_number,order_number_key&order=order_number_key", as_=who)).json()
    assert shown == [
        {"order_number": "1001", "order_number_key": "1001"},
        {"order_number": "#1002", "order_number_key": "1002"},
    ]


@pytest.mark.parametrize("column", ["order_number_key", "sku_key"])
async def test_403_for_a_key_that_a_client_writes(rest, org, column):
    table, row = {
        "order_number_key": ("orders", {"order_number": "7"}),
        "sku_key": ("items", {"sku": "7", "name": "x"}),
    }[column]
    who = org.agent("write")
    made = await rest("POST", table, as_=who, json=row | {column: "mine"})
    assert made.status_code == 403, made.text
    await rest("POST", table, as_=who, json=row)
    changed = await rest("PATCH", f"{table}?{column}=eq.7", as_=who, json={column: "mine"})
    assert changed.status_code == 403, changed.text


async def test_the_trail_keeps_the_number_and_not_its_key(rest, order, org, tenants):
    order(org, "1001")
    await rest("PATCH", "orders?order_number=eq.1001", as_=org.agent("write"), json={"order_number": "1002"})
    with tenants.database() as db:
        changes = db.execute(
            "SELECT changes FROM audit_events WHERE organization_id = %s AND action = 'orders.update'", (org.id,)
        ).fetchall()
    assert [set(each[0]) for each in changes] == [{"order_number"}]


@pytest.mark.parametrize("dash", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
async def test_409_for_a_second_item_of_one_sku_in_another_dash(rest, org, other_org, dash):
    for who in (org, other_org):
        made = await rest("POST", "items", as_=who.agent("write"), json={"sku": f"AB{dash}12", "name": "Lamp"})
        assert made.status_code == 201, made.text
    answer = await rest("POST", "items", as_=org.agent("write"), json={"sku": "ab-12", "name": "Lamp"})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert answer.json()["hint"].startswith("another row of items has the same sku"), answer.text


async def test_older_orders_that_share_a_number_can_be_listed(rest, order, org, tenants):
    order(org, "1001")
    with tenants.database() as db, db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        insert = (
            "INSERT INTO orders (organization_id, currency, order_number, order_number_key)"
            " VALUES (%s, 'EGP', '#1001', '1001 #1001')"
        )
        db.execute(insert, (org.id,))
    listed = await rest("GET", "orders?order_number_key=like.*%20*&select=order_number", as_=org.agent("read"))
    assert listed.json() == [{"order_number": "#1001"}]


async def test_409_for_one_statement_that_gives_two_orders_one_number(rest, order, org):
    order(org, "1001")
    order(org, "1002")
    who = org.agent("write")
    rows = [{"order_number": "7"}, {"order_number": "#7"}]
    assert (await rest("POST", "orders", as_=who, json=rows)).status_code == 409
    assert (await rest("PATCH", "orders?order_number=neq.x", as_=who, json={"order_number": "9"})).status_code == 409
    shown = await rest("GET", "orders?select=order_number&order=order_number_key", as_=who)
    assert [each["order_number"] for each in shown.json()] == ["1001", "1002"]
    upsert = {"Prefer": "resolution=merge-duplicates,return=representation"}
    path = "orders?on_conflict=organization_id,order_number&select=order_number"
    body = {"order_number": "#1001", "notes": "x"}
    assert (await rest("POST", path, as_=who, json=body, headers=upsert)).status_code == 409
    same = await rest("POST", path, as_=who, json=body | {"order_number": "1001"}, headers=upsert)
    assert (same.status_code, same.json()) in [(200, [{"order_number": "1001"}]), (201, [{"order_number": "1001"}])]


MERGING = {"Prefer": "resolution=merge-duplicates,return=representation"}


async def test_an_upsert_finds_an_item_by_what_its_spellings_have_in_common(rest, org):
    who, path = org.agent("write"), "items?on_conflict=organization_id,sku_key&select=sku,name"
    first = await rest("POST", path, as_=who, json={"sku": "AB-1", "name": "Cup"}, headers=MERGING)
    again = await rest("POST", path, as_=who, json={"sku": "ab–1", "name": "Mug"}, headers=MERGING)
    assert (first.status_code, again.status_code) == (201, 200), again.text
    assert (await rest("GET", "items?select=name", as_=who)).json() == [{"name": "Mug"}]


async def test_an_upsert_finds_an_order_by_what_its_spellings_have_in_common(rest, org):
    who, path = org.agent("write"), "orders?on_conflict=organization_id,order_number_key&select=order_number,notes"
    await rest("POST", path, as_=who, json={"order_number": "1001", "notes": "a"}, headers=MERGING)
    again = await rest("POST", path, as_=who, json={"order_number": "#١٠٠١", "notes": "b"}, headers=MERGING)
    assert again.status_code == 200, again.text
    assert [row["notes"] for row in (await rest("GET", "orders?select=notes", as_=who)).json()] == ["b"]


async def test_the_label_of_a_contact_is_written_again(rest, org):
    who, path = org.agent("write"), "customer_labels?on_conflict=organization_id,customer_id,label_id"
    made = {"Prefer": "return=representation"}
    contact = await rest("POST", "customers?select=id", as_=who, json={"first_name": "Mona"}, headers=made)
    label = await rest("POST", "labels?select=id", as_=who, json={"name": "vip"}, headers=made)
    row = {"customer_id": contact.json()[0]["id"], "label_id": label.json()[0]["id"]}
    for _ in range(2):
        answer = await rest("POST", path, as_=who, json=row, headers={"Prefer": "resolution=ignore-duplicates"})
        assert answer.status_code in (200, 201), answer.text
