"""Lines of orders through /rest/v1: a line says what it sells, and what it sells is reserved."""

import json

import pytest

pytestmark = pytest.mark.anyio

WORDS = ("item_id", "sku", "name", "barcode")


@pytest.fixture
def send(rest, org):
    """Send a request as an agent, or as the service by `as_`; return the rows, or the code of our own refusal."""
    agent = org.agent()

    async def request(method, path, body=None, *, as_="agent"):
        caller = {"as_": agent} if as_ == "agent" else {"key": "secret"}
        answer = await rest(method, path, json=body, headers={"Prefer": "return=representation"}, **caller)
        return answer.json() if answer.is_success else json.loads(answer.json()["details"])["error"]

    return request


@pytest.fixture
async def items(send, org):
    """Return a gift card and a lamp that are sold, and a vase that is not any more; ten of each in stock."""
    rows = [
        {"sku": "GFT-003", "name": "Gift card", "barcode": "111", "selling_price": 50, "is_active": True},
        {"sku": "LMP-001", "name": "Lamp", "barcode": "222", "selling_price": 99, "is_active": True},
        {"sku": "VSE-002", "name": "Vase", "barcode": "333", "selling_price": 70, "is_active": False},
    ]
    made = await send("POST", "items", [{"organization_id": str(org.id), **row} for row in rows])
    place = (await send("POST", "warehouses", {"name": "Cairo"}))[0]["id"]
    for item in made:
        moved = {"inventory_item_id": item["id"], "warehouse_id": place, "movement_type": "inbound", "quantity": 10}
        await send("POST", "stock_movements", moved)
    return {item["name"].split()[0].lower(): item for item in made}


@pytest.fixture
def add_line(send, org):
    """Return a line of a new order, with the values that are given."""

    async def make(as_="agent", **values):
        order = (await send("POST", "orders", {}))[0]
        return await send("POST", "order_items", {"order_id": order["id"], "qty": 2, **values}, as_=as_)

    return make


def words(rows):
    return tuple(rows[0][name] for name in WORDS)


def of(item):
    return (item["id"], item["sku"], item["name"], item["barcode"])


@pytest.mark.parametrize("as_", ["agent", "service"])
async def test_another_item_sets_its_own_name_and_price(send, items, add_line, as_):
    line = (await add_line(item_id=items["gift"]["id"]))[0]
    changed = await send("PATCH", f"order_items?id=eq.{line['id']}", {"item_id": items["lamp"]["id"]}, as_=as_)
    assert words(changed) == of(items["lamp"])
    assert (changed[0]["qty"], changed[0]["unit_price"]) == (2, 50)


async def test_words_and_price_of_the_same_write_stand(send, items, add_line):
    line = (await add_line(item_id=items["gift"]["id"]))[0]
    given = {"item_id": items["lamp"]["id"], "name": "Lamp, engraved", "unit_price": None}
    changed = await send("PATCH", f"order_items?id=eq.{line['id']}", given)
    assert words(changed) == (items["lamp"]["id"], "LMP-001", "Lamp, engraved", "222")
    assert changed[0]["unit_price"] == 99


async def test_a_line_keeps_its_words_where_its_item_stays(send, items, add_line):
    line = (await add_line(item_id=items["gift"]["id"], name="A card"))[0]
    for values in ({"qty": 3}, {"item_id": items["gift"]["id"], "qty": 4}, {"item_id": None}):
        assert words(await send("PATCH", f"order_items?id=eq.{line['id']}", values))[1:] == ("GFT-003", "A card", "111")


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize("sku", ["GFT-003", "gft-003", " GFT-003 "])
async def test_the_sku_of_an_item_is_a_line_of_it(send, items, add_line, sku, as_):
    line = (await add_line(as_, sku=sku))[0]
    assert (line["item_id"], line["name"], line["unit_price"]) == (items["gift"]["id"], "Gift card", 50)
    await send("PATCH", f"orders?id=eq.{line['order_id']}", {"order_status": "confirmed"})
    held = await send("GET", f"stock_balances?item_id=eq.{items['gift']['id']}")
    assert held[0]["reserved_quantity"] == 2


@pytest.mark.parametrize("as_", ["agent", "service"])
async def test_the_sku_of_another_item_makes_it_a_line_of_that(send, items, add_line, as_):
    loose = (await add_line(name="A card", unit_price=5))[0]
    lamp = (await add_line(item_id=items["lamp"]["id"]))[0]
    named = await send("PATCH", f"order_items?id=eq.{loose['id']}", {"sku": "gft-003"}, as_=as_)
    assert words(named)[0] == items["gift"]["id"]
    changed = await send("PATCH", f"order_items?id=eq.{lamp['id']}", {"sku": "GFT-003"}, as_=as_)
    assert words(changed) == of(items["gift"])


async def test_a_sku_of_nothing_that_is_sold_stays_a_text(send, items, add_line):
    for sku in ("WRAP", "VSE-002"):
        assert words(await add_line(sku=sku, unit_price=5)) == (None, sku, None, None)
    assert await add_line(sku="WRAP") == "price_required"
    lamp = (await add_line(item_id=items["lamp"]["id"]))[0]
    changed = await send("PATCH", f"order_items?id=eq.{lamp['id']}", {"sku": "LAMP-B"})
    assert words(changed) == (items["lamp"]["id"], "LAMP-B", "Lamp", "222")
    changed = await send("PATCH", f"order_items?id=eq.{lamp['id']}", {"sku": "GFT-003", "item_id": None})
    assert words(changed)[:2] == (None, "GFT-003")


async def test_the_sku_of_another_organizations_item_is_a_text(tenants, rest, add_line):
    theirs = tenants.org()
    await rest("POST", "items", as_=theirs.agent(), json={"sku": "THEIRS-1", "selling_price": 5})
    assert words(await add_line(sku="THEIRS-1", unit_price=5))[0] is None
