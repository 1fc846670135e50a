"""Orders, items and stock through /rest/v1, where nothing but the database holds what is true of them."""

import json

import pytest

pytestmark = pytest.mark.anyio

STEPS = ["confirmed", "fulfilling", "shipped", "delivered"]
WAYS = {"pending": [], "cancelled": ["cancelled"], **{step: STEPS[: at + 1] for at, step in enumerate(STEPS)}}


@pytest.fixture
def send(rest, org):
    """Send a request as an agent who may do everything an agent may; of the service where `as_` says so."""
    agent = org.agent()

    async def request(method, path, body=None, *, as_="agent"):
        caller = {"as_": agent} if as_ == "agent" else {"key": "secret"}
        return await rest(method, path, json=body, headers={"Prefer": "return=representation"}, **caller)

    return request


@pytest.fixture
def add(send, org):
    """Insert one row, which has to be taken; the row."""

    async def insert(table, **values):
        answer = await send("POST", table, {"organization_id": str(org.id), **values})
        assert answer.status_code == 201, answer.text
        return answer.json()[0]

    return insert


@pytest.fixture
def change(send):
    """Patch an order; the answer."""

    async def patch(order, as_="agent", **values):
        return await send("PATCH", f"orders?id=eq.{order['id']}", values, as_=as_)

    return patch


@pytest.fixture
def order_at(add, change):
    """Provide `order_at("delivered")`: an order of 300 that came there step by step; cancelled after it was pending."""

    async def make(status, **values):
        contact = await add("customers", first_name="Mona")
        order = await add("orders", customer_id=contact["id"], currency="EGP", **values)
        await add("order_items", order_id=order["id"], name="Lantern", qty=2, unit_price=150)
        for step in WAYS[status]:
            assert (await change(order, order_status=step)).status_code == 200
        return order

    return make


@pytest.fixture
def read(send):
    """Return the order as it stands."""

    async def get(order):
        return (await send("GET", f"orders?id=eq.{order['id']}")).json()[0]

    return get


def code(answer):
    """Return the code of our own rule that refused."""
    return json.loads(answer.json()["details"])["error"]


async def test_the_total_follows_the_lines(add, send, order_at, read):
    order = await order_at("pending")
    assert (await read(order))["total_amount"] == 300
    line = await add("order_items", order_id=order["id"], name="Candle", qty=1, unit_price=20)
    assert (await read(order))["total_amount"] == 320
    assert (await send("PATCH", f"order_items?id=eq.{line['id']}", {"qty": 3})).status_code == 200
    assert (await read(order))["total_amount"] == 360
    assert (await send("DELETE", f"order_items?order_id=eq.{order['id']}")).status_code == 200
    assert (await read(order))["total_amount"] == 0


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize("status", ["pending", *STEPS])
async def test_409_for_a_total_that_differs_from_the_lines(order_at, change, read, status, as_):
    order = await order_at(status)
    answer = await change(order, as_, total_amount=1)
    assert answer.status_code == 409, answer.text
    assert code(answer) in {"total_follows_lines", "order_finished"}
    assert (await change(order, as_, total_amount=300)).status_code == 200
    assert (await read(order))["total_amount"] == 300


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize("status", ["shipped", "delivered", "cancelled"])
@pytest.mark.parametrize("values", [
    {"total_amount": 1}, {"currency": "USD"}, {"customer_id": None}, {"order_number": "X-1"},
    {"payment_mode": "prepaid"}, {"shipping_address": {"city": "Giza"}}, {"items": [{"sku": "GOLD"}]},
    {"source": "shopify"},
])  # fmt: skip
async def test_409_for_a_change_of_a_shipped_or_finished_order(order_at, change, read, *, status, values, as_):
    order = await order_at(status)
    before = await read(order)
    answer = await change(order, as_, **values)
    assert (answer.status_code, code(answer)) in {
        (409, "order_finished"),
        (409, "total_follows_lines"),
        (409, "order_not_pending"),
    }
    assert await read(order) == before


async def test_409_for_an_upsert_of_a_delivered_order(rest, org, order_at, read):
    order = await order_at("delivered")
    before = await read(order)
    answer = await rest(
        "POST",
        "orders?on_conflict=organization_id,order_number",
        as_=org.agent(),
        json={"order_number": before["order_number"], "total_amount": 1, "order_status": "pending"},
        headers={"Prefer": "resolution=merge-duplicates"},
    )
    assert answer.status_code == 409
    assert await read(order) == before


@pytest.mark.parametrize(("status", "values"), [
    ("shipped", {"awb_number": "AWB-2"}), ("shipped", {"payment_status": "paid"}), ("delivered", {"notes": "late"}),
    ("delivered", {"payment_status": "paid"}), ("delivered", {"awb_number": "AWB-2"}),
    ("delivered", {"airtable_record_id": "rec1"}), ("cancelled", {"notes": "no longer wanted"}),
])  # fmt: skip
async def test_the_steps_that_come_after_are_taken(order_at, change, status, values):
    answer = await change(await order_at(status), **values)
    assert answer.status_code == 200, answer.text
    assert values.items() <= answer.json()[0].items()


@pytest.mark.parametrize(("first", "then", "refused"), [
    ({"payment_status": "paid"}, {"payment_status": "unpaid"}, "illegal_transition"),
    ({"payment_status": "paid", "refund_amount": 100}, {"refund_amount": 50}, "order_finished"),
    ({"payment_status": "paid", "awb_number": "AWB-1"}, {"awb_number": "AWB-2"}, "order_finished"),
    ({"payment_status": "paid", "shopify_order_id": "1"}, {"shopify_order_id": None}, "order_finished"),
])  # fmt: skip
async def test_409_for_taking_back_a_payment_or_a_link(order_at, change, *, first, then, refused):
    order = await order_at("delivered")
    assert (await change(order, **first)).status_code == 200
    answer = await change(order, **then)
    assert (answer.status_code, code(answer)) == (409, refused)


async def test_409_for_a_refund_above_the_payment(order_at, change, read):
    order = await order_at("delivered")
    assert code(await change(order, refund_amount=10)) == "refund_exceeds_paid"
    assert code(await change(order, refund_amount=10, payment_status="refunded")) == "refund_exceeds_paid"
    assert (await change(order, payment_status="paid")).status_code == 200
    assert code(await change(order, refund_amount=99999)) == "refund_exceeds_paid"
    assert (await change(order, refund_amount=-1)).status_code == 409
    assert (await change(order, refund_amount=120)).status_code == 200
    assert (await change(order, refund_amount=300, payment_status="refunded")).status_code == 200
    assert (await read(order))["refund_amount"] == 300


async def test_409_for_unpaid_after_money_went_back_says_what_to_do(order_at, change):
    order = await order_at("confirmed")
    assert (await change(order, payment_status="paid")).status_code == 200
    assert (await change(order, refund_amount=50)).status_code == 200
    answer = await change(order, payment_status="unpaid")
    assert (answer.status_code, code(answer)) == (409, "refund_exceeds_paid")
    assert "set refund_amount to 0 first" in answer.json()["message"]
    assert "order-correct-payment" in answer.json()["message"]
    assert (await change(order, refund_amount=0)).status_code == 200
    assert (await change(order, payment_status="unpaid")).status_code == 200
    answer = await change(order, refund_amount=50)
    assert "set payment_status to partially_paid or paid first" in answer.json()["message"]


async def test_409_for_a_refund_of_an_unpaid_order_in_two_steps(order_at, change, add, send):
    for order in (await order_at("pending"), await order_at("delivered")):
        answer = await change(order, payment_status="refunded")
        assert (answer.status_code, code(answer)) == (409, "illegal_transition")
        assert code(await change(order, refund_amount=300)) == "refund_exceeds_paid"
    answer = await send("POST", "orders", {"payment_status": "refunded"})
    assert (answer.status_code, code(answer)) == (409, "illegal_transition")
    assert (await add("orders", payment_status="paid"))["payment_status"] == "paid"


async def test_money_that_comes_after_a_cancellation_is_recorded_then_given_back(order_at, change):
    order = await order_at("cancelled")
    refused = await change(order, refund_amount=300)
    assert "set payment_status to partially_paid or paid first" in refused.json()["message"]
    assert code(await change(order, awb_number="AWB-1")) == "order_finished"
    assert (await change(order, payment_status="paid")).status_code == 200
    assert (await change(order, payment_status="refunded", refund_amount=300)).status_code == 200


@pytest.mark.parametrize(("status", "values", "advice"), [
    ("confirmed", {"total_amount": 1}, "cancel it and create a new one"),
    ("pending", {"total_amount": 1}, "change its lines"),
    ("confirmed", {"currency": "USD"}, "cancel it and create a new"),
    ("delivered", {"shipping_address": {"city": "Giza"}}, "write a later one in notes"),
    ("cancelled", {"shipping_address": {"city": "Giza"}}, "create a new order"),
    ("shipped", {"order_number": "X-1"}, "is known by this number"),
    ("shipped", {"customer_id": None}, "create a new order"),
    ("delivered", {"payment_status": "refunded"}, "can go from unpaid to partially_paid or paid"),
])  # fmt: skip
async def test_409_says_what_can_be_done_now(order_at, change, status, values, advice):
    answer = await change(await order_at(status), **values)
    assert answer.status_code == 409
    assert advice in answer.json()["message"]


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize(("status", "paid", "answered"), [
    ("pending", "unpaid", 200), ("cancelled", "unpaid", 200), *((step, "unpaid", 409) for step in STEPS),
    *((status, paid, 409) for status in WAYS for paid in ("partially_paid", "paid", "refunded")),
])  # fmt: skip
async def test_an_order_that_holds_stock_or_money_is_not_deleted(
    order_at, change, send, *, status, paid, answered, as_
):
    order = await order_at(status)
    if paid != "unpaid":
        assert (await change(order, payment_status="paid")).status_code == 200
        assert (await change(order, payment_status=paid)).status_code == 200 or paid == "partially_paid"
    answer = await send("DELETE", f"orders?id=eq.{order['id']}", as_=as_)
    assert answer.status_code == answered
    if answered == 409:
        assert code(answer) == "order_finished"


@pytest.mark.parametrize("scope", ["write", "admin"])
async def test_a_writer_takes_one_line_off_a_pending_order(rest, org, order_at, *, add, read, scope):
    order = await order_at("pending")
    line = await add("order_items", order_id=order["id"], name="Candle", qty=1, unit_price=20)
    agent, asked = org.agent(scope), {"Prefer": "return=representation"}
    answer = await rest("DELETE", f"order_items?id=eq.{line['id']}", as_=agent, headers=asked)
    assert (answer.status_code, len(answer.json())) == (200, 1)
    assert (await read(order))["total_amount"] == 300
    confirmed = await order_at("confirmed")
    answer = await rest("DELETE", f"order_items?order_id=eq.{confirmed['id']}", as_=agent, headers=asked)
    assert (answer.status_code, code(answer)) == (409, "order_not_pending")
    assert "cancel it and create a new one" in answer.json()["message"]


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize("status", ["confirmed", "fulfilling"])
async def test_409_for_another_currency_once_the_lines_are_fixed(order_at, change, status, as_):
    answer = await change(await order_at(status), as_, currency="USD")
    assert (answer.status_code, code(answer)) == (409, "order_not_pending")


async def test_409_for_the_service_that_changes_lines_of_a_confirmed_order(order_at, send):
    order = await order_at("confirmed")
    for method, body in (("PATCH", {"qty": 9}), ("DELETE", None)):
        answer = await send(method, f"order_items?order_id=eq.{order['id']}", body, as_="service")
        assert (answer.status_code, code(answer)) == (409, "order_not_pending")


@pytest.mark.parametrize("as_", ["agent", "service"])
async def test_409_for_a_confirmation_without_lines(add, change, as_):
    order = await add("orders", total_amount=450)
    answer = await change(order, as_, order_status="confirmed")
    assert (answer.status_code, code(answer)) == (409, "order_without_lines")


@pytest.mark.parametrize("as_", ["agent", "service"])
async def test_409_for_a_line_of_an_inactive_item(add, send, order_at, as_):
    order, item = await order_at("pending"), await add("items", sku="OLD", selling_price=5)
    line = await add("order_items", order_id=order["id"], item_id=item["id"], qty=1)
    assert (await send("PATCH", f"items?id=eq.{item['id']}", {"is_active": False})).status_code == 200
    body = {"order_id": order["id"], "item_id": item["id"], "qty": 1}
    for answer in (
        await send("POST", "order_items", body, as_=as_),
        await send("PATCH", f"order_items?id=eq.{line['id']}", {"qty": 2}, as_=as_),
    ):
        assert (answer.status_code, code(answer)) == (409, "item_not_active")


@pytest.fixture
def line_of(add, send, org):
    """Provide `line_of(item, ...)`: the answer to a line of it in a new order, with the values that are given."""

    async def make(item, currency="EGP", as_="agent", **values):
        order = await add("orders", currency=currency)
        sold = {} if item is None else {"item_id": item["id"]}
        line = {"organization_id": str(org.id), "order_id": order["id"], "qty": 2, **sold, **values}
        return await send("POST", "order_items", [line], as_=as_)

    return make


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize("given", [{}, {"unit_price": None}])
async def test_a_line_without_a_price_takes_the_items(add, line_of, read, given, as_):
    answer = await line_of(await add("items", sku="LAMP", selling_price=12.5), as_=as_, **given)
    assert answer.status_code == 201, answer.text
    assert answer.json()[0]["unit_price"] == 12.5
    assert (await read({"id": answer.json()[0]["order_id"]}))["total_amount"] == 25


async def test_a_given_price_is_taken_also_where_it_is_nothing(add, line_of):
    item = await add("items", sku="LAMP", selling_price=12.5)
    assert [(await line_of(item, unit_price=price)).json()[0]["unit_price"] for price in (0, 9.25)] == [0, 9.25]


@pytest.mark.parametrize("as_", ["agent", "service"])
async def test_422_for_a_line_without_a_price_as_in_the_tools(add, line_of, as_):
    priced, priceless = await add("items", sku="LAMP", selling_price=12.5), await add("items", sku="FREE")
    for answer, item, currency in (
        (await line_of(priceless, as_=as_), "FREE", "EGP"),
        (await line_of(priced, "KWD", as_=as_), "LAMP", "KWD"),
        (await line_of(None, as_=as_, name="Gift wrap"), "Gift wrap", "EGP"),
    ):
        assert (answer.status_code, code(answer)) == (422, "price_required"), answer.text
        told = json.loads(answer.json()["details"])
        assert (told["items"], told["currency"]) == ([item], currency)


async def test_422_for_taking_a_price_away(add, send, line_of):
    item = await add("items", sku="LAMP", selling_price=12.5)
    line = (await line_of(item, unit_price=9)).json()[0]
    again = await send("PATCH", f"order_items?id=eq.{line['id']}", {"unit_price": None})
    assert again.json()[0]["unit_price"] == 12.5
    loose = (await line_of(None, name="Gift wrap", unit_price=9)).json()[0]
    answer = await send("PATCH", f"order_items?id=eq.{loose['id']}", {"unit_price": None})
    assert (answer.status_code, code(answer)) == (422, "price_required")


async def test_an_order_without_currency_takes_the_organizations(tenants, rest, add, send, org):
    assert (await add("orders"))["currency"] == "EGP"
    assert (await add("orders", currency=None))["currency"] == "EGP"
    gulf = tenants.org(currency="KWD", country="KW")
    answer = await rest("POST", "orders", as_=gulf.agent(), json={}, headers={"Prefer": "return=representation"})
    assert answer.json()[0]["currency"] == "KWD"
    for theirs, currency in ((org, "EGP"), (gulf, "KWD")):
        made = await send("POST", "orders", {"organization_id": str(theirs.id)}, as_="service")
        assert made.json()[0]["currency"] == currency, made.text


async def test_422_for_an_order_with_more_decimals_than_its_currency(add, change, read):
    order = await add("orders", currency="KWD")
    await add("order_items", order_id=order["id"], name="Gold leaf", qty=2, unit_price=1.255)
    answer = await change(order, currency="EGP")
    assert (answer.status_code, code(answer)) == (422, "invalid_amount")
    assert (await change(order, currency="OMR")).status_code == 200
    assert ((await read(order))["currency"], (await read(order))["total_amount"]) == ("OMR", 2.51)


@pytest.mark.parametrize("values", [{"selling_price": 1.255}, {"cost_price": 0.005}])
async def test_422_for_a_price_with_more_decimals_than_the_currency(tenants, rest, add, send, values):
    item = await add("items", sku="A", selling_price=1.25, cost_price=0.5)
    for answer in (
        await send("POST", "items", [{"sku": "B", **dict.fromkeys(values)}, {"sku": "C", **values}]),
        await send("PATCH", f"items?id=eq.{item['id']}", values),
    ):
        assert (answer.status_code, code(answer)) == (422, "invalid_amount")
    gulf = tenants.org(currency="KWD", country="KW").agent()
    assert (await rest("POST", "items", as_=gulf, json={"sku": "C", **values})).status_code == 201


async def test_codes_that_iso_does_not_know_are_refused(rest, org, add, send, change):
    order = await add("orders")
    assert code(await change(order, currency="ZZZ")) == "unknown_currency"
    assert code(await send("POST", "orders", {"currency": "ZZZ"})) == "unknown_currency"
    for values, refused in (({"country": "XX"}, "unknown_country"), ({"currency": "XTS"}, "unknown_currency")):
        answer = await rest("PATCH", f"organizations?id=eq.{org.id}", as_=org.owner, json=values)
        assert (answer.status_code, code(answer)) == (422, refused)


async def test_409_for_another_currency_while_prices_or_orders_use_it(rest, org, add, *, send, change, order_at):
    item, order = await add("items", sku="A", selling_price=5), await order_at("confirmed")

    async def to_dollars():
        return await rest("PATCH", f"organizations?id=eq.{org.id}", as_=org.owner, json={"currency": "USD"})

    answer = await to_dollars()
    assert answer.status_code == 409
    told = json.loads(answer.json()["details"])
    assert told == {"error": "currency_in_use", "currency": "EGP", "items": 1, "open_orders": 1}
    assert (await send("PATCH", f"items?id=eq.{item['id']}", {"selling_price": None})).status_code == 200
    assert (await to_dollars()).status_code == 409
    assert (await change(order, order_status="cancelled")).status_code == 200
    assert (await to_dollars()).status_code == 204


@pytest.fixture
async def warehouses(add):
    """Return two warehouses, and an item of which ten lie in the first."""
    here, there = await add("warehouses", name="Cairo"), await add("warehouses", name="Giza")
    item = await add("items", sku="A")
    moved = {"inventory_item_id": item["id"], "warehouse_id": here["id"], "movement_type": "inbound", "quantity": 10}
    await add("stock_movements", **moved)
    return here["id"], there["id"], item["id"]


@pytest.mark.parametrize("as_", ["agent", "service"])
@pytest.mark.parametrize(("moves", "taken"), [
    ([(0, -5), (1, 5)], True), ([(1, 10)], False), ([(0, -5), (1, 7)], False), ([(0, -5), (0, 5)], False),
    ([(0, -5), (1, 2), (1, 3)], False), ([(0, -5, "a"), (1, 5, "b")], False),
    ([(0, -5, "a"), (1, 5, "a"), (0, -1, "b"), (1, 1, "b")], True), ([(0, -11), (1, 11)], False),
])  # fmt: skip
async def test_a_transfer_brings_what_it_takes(send, org, warehouses, *, moves, taken, as_):
    *places, item = warehouses
    rows = [
        {
            "organization_id": str(org.id), "inventory_item_id": item, "warehouse_id": places[place],
            "movement_type": "transfer", "quantity": quantity, "reference_id": (reference or [None])[0],
        }
        for place, quantity, *reference in moves
    ]  # fmt: skip
    answer = await send("POST", "stock_movements", rows, as_=as_)
    held = (await send("GET", "stock_balances?select=quantity")).json()
    assert sum(balance["quantity"] for balance in held) == 10
    assert (answer.status_code == 201) is taken, answer.text


async def test_422_for_a_transfer_that_is_unbalanced_for_an_item(send, add, org, warehouses):
    here, there, item = warehouses
    other = (await add("items", sku="B"))["id"]
    rows = [
        {"organization_id": str(org.id), "inventory_item_id": each, "warehouse_id": place, "quantity": quantity}
        for each, place, quantity in ((item, here, -5), (other, there, 5))
    ]
    answer = await send("POST", "stock_movements", [row | {"movement_type": "transfer"} for row in rows])
    assert (answer.status_code, code(answer)) == (422, "unbalanced_transfer")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(("table", "values"), [
    ("orders", {"created_at": "2020-01-01"}), ("orders", {"updated_at": "2020-01-01"}),
    ("items", {"created_at": "2020-01-01"}), ("items", {"updated_at": "2020-01-01"}),
    ("warehouses", {"created_at": "2020-01-01"}), ("order_items", {"created_at": "2020-01-01"}),
    ("stock_movements", {"created_at": "2020-01-01"}), ("stock_movements", {"created_by": None}),
    ("stock_balances", {"quantity": 1}), ("stock_reservations", {"quantity": 1}),
    ("order_sequences", {"last_number": 1}),
])  # fmt: skip
async def test_403_for_a_column_that_the_server_owns(send, method, table, values):
    answer = await send(method, table + ("?organization_id=not.is.null" if method == "PATCH" else ""), values)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize("status", [*STEPS, "cancelled"])
async def test_409_for_the_service_that_adds_a_line_after_confirmation(order_at, send, status):
    order = await order_at(status)
    line = {"order_id": order["id"], "organization_id": order["organization_id"], "name": "Late", "qty": 1}
    answer = await send("POST", "order_items", {**line, "unit_price": 500}, as_="service")
    assert (answer.status_code, answer.json()["code"]) == (409, "PT409")
    assert "order_not_pending" in answer.text
    kept = await send("GET", f"orders?id=eq.{order['id']}&select=total_amount")
    assert kept.json() == [{"total_amount": 300}]


@pytest.mark.parametrize("status", ["confirmed", "delivered", "cancelled"])
async def test_the_service_brings_in_an_order_that_is_done_with_all_its_lines(send, add, org, status):
    contact = await add("customers", first_name="Mona")
    given = {"organization_id": str(org.id), "customer_id": contact["id"], "currency": "EGP", "order_status": status}
    order = (await send("POST", "orders", given, as_="service")).json()[0]
    lines = [
        {"order_id": order["id"], "organization_id": str(org.id), "name": name, "qty": 1, "unit_price": 50}
        for name in ("Lantern", "Candle", "Matches")
    ]
    assert (await send("POST", "order_items", lines, as_="service")).status_code == 201
    assert (await send("POST", "order_items", lines[0], as_="service")).status_code == 409
    assert (await send("GET", f"orders?id=eq.{order['id']}&select=total_amount")).json() == [{"total_amount": 150}]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " https://example.com", "https://", "//x.example"]
)
async def test_400_for_a_picture_without_an_address_of_http(send, org, url):
    answer = await send("POST", "items", {"organization_id": str(org.id), "name": "Lamp", "image_url": url})
    assert answer.status_code == 400
    assert "image_url_begins_with_http" in answer.text


@pytest.mark.parametrize("given", [{"counting_until": "2030-01-01"}, {"counting_timezone": "Africa/Cairo"},
                                   {"counting_until": "2030-01-01", "counting_timezone": "Mars/Base"}])  # fmt: skip
async def test_400_for_an_unknown_zone_or_end_of_the_counted_day(send, org, given):
    answer = await send("PATCH", f"organizations?id=eq.{org.id}", given, as_="service")
    assert answer.status_code == 400
    assert "counting_timezone_" in answer.text
