"""What a broken rule of the database tells over /rest/v1: which value, and what is allowed."""

import pytest

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
    assert answer.json()["hint"] == "color breaks its rule. As CSS writes it: #rrggbb."


async def test_409_for_a_second_row_of_one_name_says_which_column(rest, org):
    who = org.agent("write")
    await made(rest, who, "labels", {"name": "vip"})
    answer = await rest("POST", "labels", as_=who, json={"name": "vip"})
    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert answer.json()["hint"].startswith("another row of labels has the same name"), answer.text


async def test_400_for_a_way_to_pay_says_which_there_are(rest, org):
    answer = await rest("POST", "orders", as_=org.agent("write"), json={"order_number": "1", "payment_mode": "gold"})
    assert (answer.status_code, answer.json()["code"]) == (400, "23514"), answer.text
    assert answer.json()["hint"] == "payment_mode is one of COD, prepaid, partial"
