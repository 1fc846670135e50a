"""Names that nobody can see, over /rest/v1: in every column that is held to be visible, by every way to write it."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

UNSEEN = ["\u200b", "\u00ad", "\u2063", "\u180e", "\u115f", "\u3164", "\uffa0", "\u2800", "\ufe0f", "\ufeff", "\u034f",
          "\U000e0041", "\u00a0\u3000", "\u0301", "\u202e\u2066", " \u2060 "]  # fmt: skip
TABLES = [
    "chats", "customer_journey_stages", "customers", "items", "labels", "lead_sources", "order_items", "orders",
    "organizations", "stock_movements", "warehouses",
]  # fmt: skip
RETURNED = {"Prefer": "return=representation"}
UPSERT = {"Prefer": "resolution=merge-duplicates"}
HELD = """
    SELECT c.relname::text, a.attname::text, t.typname::text,
      has_column_privilege('authenticated', c.oid, a.attnum, 'INSERT'),
      has_column_privilege('authenticated', c.oid, a.attnum, 'UPDATE')
    FROM pg_trigger g
    JOIN pg_class c ON c.oid = g.tgrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (g.tgattr)
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE g.tgfoid = 'app.refuse_invisible'::regproc
      AND has_any_column_privilege('authenticated', c.oid, 'INSERT, UPDATE')
    ORDER BY 1, 2
"""


@pytest.fixture
def held(tenants) -> list[tuple[str, str, str, bool, bool]]:
    with tenants.database() as database:
        return list(database.execute(HELD))


@pytest.fixture
async def bodies(rest, org, tenants) -> dict[str, dict[str, Any]]:
    """Return what makes a row of each table; organizations and conversations are there already."""

    async def made(table: str, row: dict[str, Any]) -> str:
        answer = await rest("POST", table, as_=org.agent(), json=row, headers=RETURNED)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["id"])

    item, place = await made("items", {"name": "Cup", "sku": "C-1"}), await made("warehouses", {"name": "Giza"})
    order = await made("orders", {"order_number": "0"})
    with tenants.database() as database:
        chat = database.execute(
            "INSERT INTO chats (organization_id, platform, platform_chat_id) VALUES (%s, 'whatsapp', 'x') RETURNING id",
            (org.id,),
        ).fetchone()
    assert chat
    return {
        "labels": {"name": "vip"},
        "customer_journey_stages": {"name": "met"},
        "lead_sources": {"name": "fair"},
        "items": {"name": "Mug"},
        "warehouses": {"name": "Cairo"},
        "customers": {"first_name": "Mona", "last_name": "Adel"},
        "orders": {"notes": "by the door"},
        "order_items": {"order_id": order, "name": "Mug", "unit_price": 1, "qty": 1},
        "stock_movements": {
            "inventory_item_id": item,
            "warehouse_id": place,
            "movement_type": "inbound",
            "quantity": 1,
        },
        "organizations": {"id": str(org.id)},
        "chats": {"id": str(chat[0])},
    }


def refused(answer, error_of, column):
    assert answer.status_code == 422, (column, answer.text)
    assert (answer.status_code, error_of(answer)) == (422, "invisible_text"), (column, answer.status_code, answer.text)
    assert column in answer.json()["message"]
    assert f'"field": "{column}"' in answer.json()["details"]


async def test_the_tables_whose_columns_are_held(held, bodies):
    assert {table for table, *_ in held} == set(bodies) == set(TABLES)


@pytest.mark.parametrize("named", TABLES)
async def test_422_for_every_held_column_however_it_is_written(*, rest, org, held, bodies, error_of, named):
    who, body = org.owner, bodies[named]
    rows: dict[str, str] = {}
    for number, (table, column, kind, inserted, changed) in enumerate(held):
        if table != named:
            continue
        unseen = UNSEEN[number % len(UNSEEN)]
        value: Any = [unseen] if kind == "_text" else unseen
        if inserted:
            refused(await rest("POST", table, as_=who, json={**body, column: value}), error_of, column)
            bulk = [{**body, column: ["seen"] if kind == "_text" else "seen"}, {**body, column: value}]
            refused(await rest("POST", table, as_=who, json=bulk), error_of, column)
        if inserted and changed and table != "order_items":
            upsert = await rest("POST", table, as_=who, json={**body, column: value}, headers=UPSERT)
            refused(upsert, error_of, column)
        if changed:
            if table not in rows:
                made = await rest("POST", table, as_=who, json=body, headers=RETURNED) if inserted else None
                rows[table] = made.json()[0]["id"] if made else body["id"]
            place = f"{table}?id=eq.{rows[table]}"
            refused(await rest("PATCH", place, as_=who, json={column: value}), error_of, column)
            secret = await rest("PATCH", place, key="secret", json={column: value})
            refused(secret, error_of, column)


@pytest.mark.parametrize("named", TABLES)
async def test_422_for_an_empty_text_and_null_clears(*, rest, org, held, bodies, error_of, named):
    """One rule for what holds nothing to see; a row that has it from before may be written elsewhere."""
    who, body = org.owner, bodies[named]
    columns = [row for row in held if row[0] == named]
    for table, column, kind, inserted, changed in columns:
        value: Any = [""] if kind == "_text" else ""
        if inserted:
            refused(await rest("POST", table, as_=who, json={**body, column: value}), error_of, column)
        if changed:
            made = await rest("POST", table, as_=who, json=body, headers=RETURNED) if inserted else None
            place = f"{table}?id=eq.{made.json()[0]['id'] if made else body['id']}"
            refused(await rest("PATCH", place, as_=who, json={column: value}), error_of, column)
            refused(await rest("PATCH", place, key="secret", json={column: value}), error_of, column)
            cleared = await rest("PATCH", place, as_=who, json={column: [] if kind == "_text" else None})
            assert cleared.status_code == 204 or cleared.json()["code"] == "23502", (column, cleared.text)
            if inserted:
                await rest("DELETE", place, as_=who)


async def test_204_for_other_changes_to_an_older_row_with_empty_texts(rest, org, tenants, error_of):
    who = org.agent()
    with tenants.database() as database, database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        made = database.execute(
            "INSERT INTO customers (organization_id, first_name, last_name, company, tags)"
            " VALUES (%s, '', 'Adel', 'Lotus', '{\"\"}') RETURNING id",
            (org.id,),
        ).fetchone()
    assert made
    place = f"customers?id=eq.{made[0]}"
    assert (await rest("PATCH", place, as_=who, json={"notes": "x", "first_name": "", "tags": [""]})).status_code == 204
    assert (await rest("GET", f"{place}&select=first_name,tags", as_=who)).json() == [{"first_name": "", "tags": [""]}]
    refused(await rest("PATCH", place, as_=who, json={"last_name": ""}), error_of, "last_name")
    assert (await rest("PATCH", place, as_=who, json={"first_name": None})).status_code == 204


@pytest.mark.parametrize("unseen", UNSEEN)
async def test_422_for_each_kind_of_text_that_nobody_sees(rest, org, error_of, unseen):
    refused(await rest("POST", "labels", as_=org.agent(), json={"name": unseen}), error_of, "name")


@pytest.mark.parametrize("seen", ["🧿", "❤\ufe0f", "7", "؟", "م\u200d", "🇪🇬"])
async def test_201_for_a_name_of_one_sign(rest, org, seen):
    assert (await rest("POST", "labels", as_=org.agent(), json={"name": seen})).status_code == 201


async def test_204_for_other_changes_to_an_older_row_without_a_name(rest, org, tenants, error_of):
    who = org.agent()
    with tenants.database() as database, database.transaction():
        database.execute("SET LOCAL session_replication_role = replica")
        label, item = (
            str(database.execute(
                f"INSERT INTO {table} (organization_id, name) VALUES (%s, %s) RETURNING id", (org.id, "\u200b")
            ).fetchone()[0])
            for table in ("labels", "items")
        )  # fmt: skip
    assert (await rest("PATCH", f"labels?id=eq.{label}", as_=who, json={"color": "#ffffff"})).status_code == 204
    kept = {"name": "\u200b", "color": "#000000"}
    assert (await rest("PATCH", f"labels?id=eq.{label}", as_=who, json=kept)).status_code == 204
    refused(await rest("PATCH", f"labels?id=eq.{label}", as_=who, json={"name": "\u2063"}), error_of, "name")
    order = await rest("POST", "orders", as_=who, json={"order_number": "9"}, headers=RETURNED)
    line = {"order_id": order.json()[0]["id"], "item_id": item, "unit_price": 1, "qty": 1}
    added = await rest("POST", "order_items", as_=who, json=line)
    assert added.status_code == 201, added.text
    assert (await rest("GET", f"labels?id=eq.{label}&select=name", as_=who)).json() == [{"name": "\u200b"}]


async def test_a_row_of_another_tenant_is_missing_for_every_name(rest, org, other_org, bodies):
    mine = await rest("POST", "labels", as_=org.agent(), json=bodies["labels"], headers=RETURNED)
    place = f"labels?id=eq.{mine.json()[0]['id']}"
    for name in ("seen", "\u200b"):
        answer = await rest("PATCH", place, as_=other_org.agent(), json={"name": name}, headers=RETURNED)
        assert (answer.status_code, answer.json()) == (200, [])
