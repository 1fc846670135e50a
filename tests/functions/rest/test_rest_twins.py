"""A second row of one key, over /rest/v1: of each unique index of what clients write, in words without its name."""

import uuid
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

RETURNED = {"Prefer": "return=representation"}
KEYS = """
    SELECT c.relname::text, i.indexrelid::regclass::text,
      array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname <> 'organization_id')
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND (
      a.attnum = ANY (i.indkey) OR EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = c.oid
          AND d.refobjsubid = a.attnum
      )
    )
    WHERE i.indisunique AND has_any_column_privilege('authenticated', c.oid, 'INSERT')
    GROUP BY 1, 2, i.indexrelid
    ORDER BY 1, 2
"""
OTHERWISE = {
    "customers_shopify_customer_id_key": "no client writes it",
    "items_sku_key": "of the SKU as it is compared, asked below",
    "orders_order_number_key": "of the number as it is compared, asked below",
    "warehouses_default_key": "a trigger moves the default from the warehouse that had it",
}


async def made(rest, who, table: str, row: dict[str, Any]) -> str:
    answer = await rest("POST", table, as_=who, json=row, headers=RETURNED)
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0].get("id"))


@pytest.fixture
def uniques(tenants) -> list[tuple[str, str, list[str]]]:
    with tenants.database() as database:
        return list(database.execute(KEYS))


@pytest.fixture
async def bodies(rest, org) -> dict[str, dict[str, Any]]:
    """Return the rest of a row of each table."""
    who = org.agent()
    item, place = await made(rest, who, "items", {"name": "Cup"}), await made(rest, who, "warehouses", {"name": "Giza"})
    order = await made(rest, who, "orders", {"notes": "x"})
    worn = {
        "customer_id": await made(rest, who, "customers", {"first_name": "Mona"}),
        "label_id": await made(rest, who, "labels", {"name": "worn"}),
    }
    return {
        "customer_labels": worn,
        "labels": {"name": "vip"},
        "customer_journey_stages": {"name": "met"},
        "lead_sources": {"name": "fair"},
        "items": {"name": "Mug"},
        "warehouses": {"name": "Cairo"},
        "customers": {"first_name": "Mona"},
        "orders": {"notes": "by the door"},
        "order_items": {"order_id": order, "name": "Mug", "unit_price": 1, "qty": 1},
        "stock_movements": {
            "inventory_item_id": item, "warehouse_id": place, "movement_type": "inbound", "quantity": 1,
        },
    }  # fmt: skip


def told(answer, index: str, columns: list[str]) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "23505"), (index, answer.text)
    assert index not in answer.text, answer.text
    assert "constraint" not in body["message"], answer.text
    assert all(column in body["message"] and column in body["hint"] for column in columns), answer.text
    assert "choose another" in body["hint"]


async def test_409_for_a_second_row_of_one_key_without_the_name_of_an_index(rest, org, uniques, bodies):
    who = org.agent()
    assert {table for table, *_ in uniques} == set(bodies)
    assert {index for _, index, _ in uniques} > set(OTHERWISE), uniques
    for table, index, columns in uniques:
        if index in OTHERWISE:
            continue
        key = {column: bodies[table].get(column, _value(column)) for column in columns}
        others = {"name": uuid.uuid4().hex} if "name" in bodies[table] and "name" not in columns else {}
        # The rows that the bodies need have names of their own.
        rows = [{**bodies[table], **key, **others}, {**bodies[table], **key}]
        if "name" in others or table in {"labels", "customer_journey_stages", "lead_sources", "warehouses"}:
            rows[1]["name"] = rows[0]["name"] if "name" in columns else uuid.uuid4().hex
        await made(rest, who, table, rows[0])
        told(await rest("POST", table, as_=who, json=rows[1]), index, columns)


def _value(column: str) -> str:
    return str(uuid.uuid4()) if column == "id" else f"K{uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("table", ["labels", "warehouses", "lead_sources", "customer_journey_stages"])
async def test_409_for_a_name_twice_however_it_is_written(rest, org, other_org, table):
    who, name = org.agent(), "Nasr City"
    index = f"{table}_{'organization_id_' if table == 'warehouses' else ''}name_key"
    first = await made(rest, who, table, {"name": name})
    second = await made(rest, who, table, {"name": "Maadi"})
    told(await rest("POST", table, as_=who, json={"name": name}), index, ["name"])
    told(await rest("POST", table, as_=who, json=[{"name": "one"}, {"name": name}]), index, ["name"])
    told(await rest("PATCH", f"{table}?id=eq.{second}", as_=who, json={"name": name}), index, ["name"])
    upsert = {"Prefer": "resolution=merge-duplicates"}
    told(await rest("POST", table, as_=who, json={"name": name}, headers=upsert), index, ["name"])
    secret = await rest("PATCH", f"{table}?id=eq.{second}", key="secret", json={"name": name})
    told(secret, index, ["name"])
    assert await made(rest, other_org.agent(), table, {"name": name}) != first


async def test_409_for_codes_that_compare_as_equal(rest, org):
    who = org.agent()
    await made(rest, who, "items", {"name": "Cup", "sku": "CUP 1"})
    told(await rest("POST", "items", as_=who, json={"name": "Cup", "sku": "cup1"}), "items_sku_key", ["sku"])
    await made(rest, who, "orders", {"order_number": "A-1"})
    twin = await rest("POST", "orders", as_=who, json={"order_number": "#a\u20131"})
    told(twin, "orders_order_number_key", ["order_number"])
