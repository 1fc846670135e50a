"""What a broken rule of the database tells over /rest/v1: which value, and what is allowed."""

import re

import pytest

from functions.rest.constraints import columns_of, in_words

pytestmark = pytest.mark.anyio


async def made(rest, who, table, row):
    answer = await rest("POST", table, as_=who, json=row, headers={"Prefer": "return=representation"})
    assert answer.status_code == 201, answer.text
    return answer.json()[0]


async def test_201_for_a_new_default_warehouse_which_takes_the_place_of_the_old(rest, org):
    who = org.agent("write")
    first = await made(rest, who, "warehouses", {"name": "Cairo"})
    second = await made(rest, who, "warehouses", {"name": "Giza", "is_default": True})
    defaults = "warehouses?is_default=is.true&select=id"
    assert (await rest("GET", defaults, as_=who)).json() == [{"id": second["id"]}]
    moved = await rest("PATCH", f"warehouses?id=eq.{first['id']}", as_=who, json={"is_default": True})
    assert moved.status_code == 204, moved.text
    assert (await rest("GET", defaults, as_=who)).json() == [{"id": first["id"]}]
    nothing = await rest("PATCH", f"warehouses?id=eq.{first['id']}", as_=who, json={"is_default": True})
    assert nothing.status_code == 204


async def test_409_for_a_stage_in_use_says_by_which_table(rest, org):
    who = org.agent("admin")
    stage = await made(rest, who, "customer_journey_stages", {"name": "new one"})
    await made(rest, who, "customers", {"first_name": "Mona", "journey_stage_id": stage["id"]})
    answer = await rest("DELETE", f"customer_journey_stages?id=eq.{stage['id']}", as_=who)
    assert (answer.status_code, answer.json()["code"]) == (409, "23503")
    assert answer.json()["hint"] == "customers use this row: let them name another one first, or keep it"


async def test_400_for_a_colour_says_how_it_is_written(rest, org):
    answer = await rest("POST", "labels", as_=org.agent("write"), json={"name": "x", "color": "red"})
    assert (answer.status_code, answer.json()["code"]) == (400, "23514")
    assert answer.json()["hint"] == "color must be a colour as CSS writes it: #rrggbb"


async def test_409_for_a_second_row_of_one_name_says_which_column(rest, org):
    who = org.agent("write")
    await made(rest, who, "labels", {"name": "vip"})
    answer = await rest("POST", "labels", as_=who, json={"name": "vip"})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert answer.json()["hint"].startswith("another row of labels has the same name"), answer.text


async def test_400_for_a_way_to_pay_says_which_there_are(rest, org):
    answer = await rest("POST", "orders", as_=org.agent("write"), json={"order_number": "1", "payment_mode": "gold"})
    assert (answer.status_code, answer.json()["code"]) == (400, "23514"), answer.text
    assert answer.json()["hint"] == "payment_mode must be one of COD, prepaid, partial"


WRITTEN_CHECKS = """
    SELECT c.relname::text, k.conname::text, pg_get_constraintdef(k.oid),
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)),
        ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'c' AND c.relnamespace = 'public'::regnamespace AND EXISTS (
        SELECT FROM unnest(k.conkey) AS number
        WHERE has_column_privilege('authenticated', c.oid, number, 'INSERT')
            OR has_column_privilege('authenticated', c.oid, number, 'UPDATE')
    )
"""


async def test_every_rule_of_a_column_that_callers_write_is_in_words(tenants):
    with tenants.database() as db:
        checks = db.execute(WRITTEN_CHECKS).fetchall()
    assert len(checks) > 80
    assert [(table, name, rule) for table, name, rule, *_ in checks if in_words(rule) is None] == []
    for table, name, rule, bound, columns in checks:
        assert set(columns_of(rule, columns)) <= set(bound), (table, name)
        assert columns_of(rule, columns), (table, name)
        figures = [each for each in re.findall(r"[0-9]+(?=[\\s,)])", rule) if each not in {"16384", "4096", "65536"}]
        told = in_words(rule) or ""
        assert all(each in told for each in figures), (table, name, told)


def test_a_rule_with_an_unknown_part_is_not_described():
    assert in_words("CHECK (((length(name) <= 50) AND (name <> 'nobody'::text)))") is None


BROKEN = [
    ("items", {"name": "Mug", "selling_price": -1}, "selling_price must be at least 0"),
    ("items", {"name": "Mug", "sku": "x" * 101}, "sku must be 1 to 100 characters long"),
    ("items", {"name": "Mug", "metadata": []}, "metadata must be a JSON object"),
    ("items", {"name": "Mug", "image_url": "cup"}, "image_url must be an address that begins with http:// or https://"),
    ("customers", {"first_name": "x" * 300}, "first_name must be at most 200 characters long"),
    ("customers", {"first_name": "x", "notes": "x" * 10_001}, "notes must be at most 10000 characters long"),
    ("orders", {"awb_number": "x" * 101}, "awb_number must be 1 to 100 characters long"),
    ("orders", {"awb_number": "x\ty"}, "awb_number must be without control characters"),
    ("labels", {"name": "vip "}, "name must be 1 to 50 characters long, without blanks at its ends"),
]


@pytest.mark.parametrize(("table", "row", "hint"), BROKEN)
async def test_400_for_a_broken_rule_says_the_rule(*, rest, org, table, row, hint):
    answer = await rest("POST", table, as_=org.agent("write"), json=row)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (400, "23514"), answer.text
    assert told["hint"].startswith(hint), told


async def test_400_for_a_line_of_nothing_and_a_movement_of_nothing(rest, org):
    who = org.agent("write")
    item, place = await made(rest, who, "items", {"name": "Cup"}), await made(rest, who, "warehouses", {"name": "Giza"})
    order = await made(rest, who, "orders", {"notes": "x"})
    line = {"order_id": order["id"], "name": "Cup", "unit_price": 1, "qty": 0}
    answer = await rest("POST", "order_items", as_=who, json=line)
    assert answer.json()["hint"] == "qty must be 1 to 1000000", answer.text
    moved = {"inventory_item_id": item["id"], "warehouse_id": place["id"], "movement_type": "inbound", "quantity": 0}
    answer = await rest("POST", "stock_movements", as_=who, json=moved)
    sides = "above 0 where movement_type is inbound, below 0 where movement_type is outbound, else other than 0"
    assert answer.json()["hint"] == f"quantity must be {sides}", answer.text
