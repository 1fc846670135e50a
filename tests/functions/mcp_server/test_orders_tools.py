"""The order tools through HTTP, always beside a second tenant."""

import json
import uuid
from datetime import UTC, datetime

import pytest


@pytest.fixture
def shop(tenants):
    """Provide `shop(org)`: a contact, a warehouse and two items with stock; the contact's id and the second item's."""

    def fill(org):
        customer, mug = uuid.uuid4(), uuid.uuid4()
        with tenants.database() as db:
            db.execute(
                "INSERT INTO customers (id, organization_id, first_name, last_name, address)"
                """ VALUES (%s, %s, 'Mona', 'Adel', '{"city": "Cairo"}')""",
                (customer, org.id),
            )
            db.execute(
                "INSERT INTO items (id, organization_id, sku, name, description, selling_price)"
                " VALUES (gen_random_uuid(), %(org)s, 'SHIRT', 'Shirt', NULL, 150),"
                " (%(mug)s, %(org)s, 'MUG', NULL, 'A mug', 10.5),"
                " (gen_random_uuid(), %(org)s, 'FREE', 'Gift', NULL, NULL)",
                {"org": org.id, "mug": mug},
            )
            db.execute("INSERT INTO warehouses (organization_id, name) VALUES (%s, 'Cairo')", (org.id,))
            db.execute(
                "INSERT INTO stock_movements"
                " (organization_id, inventory_item_id, warehouse_id, movement_type, quantity)"
                " SELECT items.organization_id, items.id, warehouses.id, 'inbound', 5"
                " FROM items JOIN warehouses USING (organization_id) WHERE organization_id = %s",
                (org.id,),
            )
        return str(customer), str(mug)

    return fill


async def test_an_order_is_made_of_ids_and_skus_with_its_total_computed(shop, org, mcp):
    customer, mug = shop(org)
    agent = org.agent("write")
    lines = [{"sku": "SHIRT", "qty": 2}, {"item_id": mug, "qty": 3, "unit_price": 9.25}]
    made = await mcp("nexus_create_order", {"customer_id": customer, "items": lines}, as_=agent)
    assert (made["is_error"], made["order_status"], made["total_amount"], made["currency"]) == (
        False,
        "pending",
        327.75,
        "EGP",
    )
    assert made["order_number"] == f"ORD-{datetime.now(UTC).year}-001"
    read = await mcp("nexus_get_order", {"order_id": made["id"]}, as_=agent)
    assert [(line["sku"], line["name"], line["qty"], line["line_total"]) for line in read["lines"]] == [
        ("SHIRT", "Shirt", 2, 300),
        ("MUG", "A mug", 3, 27.75),
    ]
    assert read["customer"]["name"] == "Mona Adel"
    assert (read["shipping_address"], read["payment_status"]) == ({"city": "Cairo"}, "unpaid")
    assert [event["action"] for event in read["timeline"]] == ["orders.insert", "order_items.insert"]


async def test_the_same_idempotency_key_makes_one_order(shop, org, mcp):
    customer, _ = shop(org)
    agent = org.agent("write")
    arguments = {"customer_id": customer, "items": [{"sku": "MUG", "qty": 1}], "idempotency_key": "once"}
    first, second = [await mcp("nexus_create_order", arguments, as_=agent) for _ in range(2)]
    assert first == second
    assert len((await mcp("nexus_list_orders", as_=agent))["data"]) == 1
    line = {"sku": "MUG", "qty": 1, "unit_price": None}
    written = arguments | {"items": [line], "payment_mode": "COD", "currency": None}
    assert await mcp("nexus_create_order", written, as_=agent) == first
    refused = await mcp("nexus_create_order", arguments | {"payment_mode": "prepaid"}, as_=agent)
    assert refused["error"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (
            {"items": [{"sku": "GONE", "qty": 1}, {"sku": "MUG", "qty": 1}]},
            {"error": "unknown_item", "unknown": ["GONE"]},
        ),
        ({"customer_id": str(uuid.UUID(int=1))}, {"error": "unknown_customer", "customer_id": str(uuid.UUID(int=1))}),
        ({"items": [{"sku": "FREE", "qty": 1}]}, {"error": "price_required", "items": ["FREE"], "currency": "EGP"}),
        ({"currency": "KWD"}, {"error": "price_required", "items": ["MUG"], "currency": "KWD"}),
        ({"items": [{"sku": "MUG", "qty": 1, "unit_price": 1.005}]}, {"error": "invalid_amount", "decimals": 2}),
        ({"items": [{"sku": "MUG", "qty": 10**6, "unit_price": 99_999_999_999}]}, {"error": "invalid_value"}),
        ({"currency": "ZZZ"}, {"error": "unknown_currency", "currency": "ZZZ"}),
        ({"items": []}, {"error": "invalid_request"}),
        ({"items": [{"qty": 1}]}, {"error": "invalid_request"}),
        ({"items": [{"sku": "MUG", "qty": 0}]}, {"error": "invalid_request"}),
        ({"items": [{"sku": "MUG", "qty": 1, "unit_price": -1}]}, {"error": "invalid_request"}),
        ({"items": [{"sku": "MUG", "qty": 1, "colour": "red"}]}, {"error": "invalid_request"}),
        ({"shipping_address": {"planet": "Mars"}}, {"error": "invalid_request"}),
    ],
)
async def test_a_refused_order_says_why_and_leaves_nothing(shop, org, mcp, change, refusal):
    customer, _ = shop(org)
    arguments = {"customer_id": customer, "items": [{"sku": "MUG", "qty": 1}]} | change
    refused = await mcp("nexus_create_order", arguments, as_=org.agent("write"))
    assert refused["is_error"]
    assert {name: refused[name] for name in refusal} == refusal
    assert (await mcp("nexus_list_orders", as_=org.agent("read")))["data"] == []


async def test_a_currency_of_three_decimals_keeps_them(tenants, shop, mcp):
    org = tenants.org(currency="KWD")
    customer, _ = shop(org)
    lines = [{"sku": "MUG", "qty": 3, "unit_price": 1.125}]
    made = await mcp("nexus_create_order", {"customer_id": customer, "items": lines}, as_=org.agent("write"))
    assert (made["total_amount"], made["currency"]) == (3.375, "KWD")


async def test_rows_of_another_tenant_are_neither_found_nor_used(shop, org, other_org, mcp):
    (customer, _), (theirs, their_mug) = shop(org), shop(other_org)
    agent, stranger = org.agent("write"), other_org.agent("write")
    lines = [{"sku": "MUG", "qty": 1}]
    order = await mcp("nexus_create_order", {"customer_id": theirs, "items": lines}, as_=stranger)
    for arguments, error in (
        ({"customer_id": theirs, "items": lines}, "unknown_customer"),
        ({"customer_id": customer, "items": [{"item_id": their_mug, "qty": 1}]}, "unknown_item"),
    ):
        assert (await mcp("nexus_create_order", arguments, as_=agent))["error"] == error
    for reference in (order["id"], order["order_number"], str(uuid.uuid4())):
        read = await mcp("nexus_get_order", {"order_id": reference}, as_=agent)
        moved = await mcp("nexus_update_order_status", {"order_id": reference, "order_status": "confirmed"}, as_=agent)
        assert (read["error"], moved["error"]) == ("not_found", "not_found")
    assert (await mcp("nexus_list_orders", {"customer_id": theirs}, as_=agent))["data"] == []


async def test_an_order_moves_step_by_step_and_says_where_it_may_go(shop, org, mcp):
    customer, _ = shop(org)
    agent = org.agent("write")
    made = await mcp("nexus_create_order", {"customer_id": customer, "items": [{"sku": "MUG", "qty": 2}]}, as_=agent)
    ways = []
    for step in ("confirmed", "fulfilling", "shipped", "delivered"):
        moved = await mcp(
            "nexus_update_order_status", {"order_id": made["order_number"].lower(), "order_status": step}, as_=agent
        )
        ways.append((moved["previous_status"], moved["order_status"], moved["next_statuses"]))
    assert ways == [
        ("pending", "confirmed", ["fulfilling", "cancelled"]),
        ("confirmed", "fulfilling", ["shipped", "cancelled"]),
        ("fulfilling", "shipped", ["delivered"]),
        ("shipped", "delivered", []),
    ]
    read = await mcp("nexus_get_order", {"order_id": made["id"]}, as_=agent)
    steps = [(event["order_status"], event["actor"]) for event in read["timeline"] if event["order_status"]]
    assert steps == [(step, "agent") for step in ("confirmed", "fulfilling", "shipped", "delivered")]
    stock = await mcp("nexus_check_stock", {"sku": "MUG"}, as_=agent)
    assert (stock["quantity"], stock["reserved_quantity"]) == (3, 0)


async def test_a_step_that_may_not_be_taken_is_refused_with_those_that_may(shop, org, mcp):
    customer, _ = shop(org)
    agent = org.agent("write")
    made = await mcp("nexus_create_order", {"customer_id": customer, "items": [{"sku": "MUG", "qty": 9}]}, as_=agent)
    illegal = await mcp("nexus_update_order_status", {"order_id": made["id"], "order_status": "shipped"}, as_=agent)
    assert {name: illegal[name] for name in ("error", "from", "to", "allowed")} == {
        "error": "illegal_transition",
        "from": "pending",
        "to": "shipped",
        "allowed": ["confirmed", "cancelled"],
    }
    short = await mcp("nexus_update_order_status", {"order_id": made["id"], "order_status": "confirmed"}, as_=agent)
    assert (short["error"], short["lines"][0]["sku"]) == ("insufficient_stock", "MUG")
    assert (short["lines"][0]["requested"], short["lines"][0]["available"]) == (9, 5)
    late = {"order_id": made["id"], "order_status": "cancelled", "expected_status": "confirmed"}
    changed = await mcp("nexus_update_order_status", late, as_=agent)
    assert (changed["error"], changed["order_status"]) == ("status_changed", "pending")
    wrong = await mcp("nexus_update_order_status", {"order_id": made["id"], "order_status": "processing"}, as_=agent)
    assert (wrong["error"], "fulfilling" in wrong["message"]) == ("invalid_request", True)


async def test_to_the_status_it_has_is_no_step(shop, org, mcp):
    customer, _ = shop(org)
    agent = org.agent("write")
    made = await mcp("nexus_create_order", {"customer_id": customer, "items": [{"sku": "MUG", "qty": 1}]}, as_=agent)
    for _ in range(2):
        moved = await mcp("nexus_update_order_status", {"order_id": made["id"], "order_status": "confirmed"}, as_=agent)
        assert (moved["is_error"], moved["order_status"]) == (False, "confirmed")
    stock = await mcp("nexus_check_stock", {"sku": "MUG"}, as_=agent)
    assert stock["reserved_quantity"] == 1


@pytest.fixture
def history(shop, tenants):
    """Provide `history(org)`: orders H-001 to H-030, one a day from 1 June 2026 in Cairo; a neighbour has the same."""

    def fill(org):
        with tenants.database() as db:
            for each in (org, tenants.org()):
                customer, _ = shop(each)
                db.execute(
                    "INSERT INTO orders"
                    " (organization_id, customer_id, order_number, total_amount, currency, created_at)"
                    " SELECT %s, %s, 'H-' || lpad(n::text, 3, '0'), n, 'EGP',"
                    " (timestamp '2026-05-31' + n * interval '1 day') AT TIME ZONE 'Africa/Cairo'"
                    " FROM generate_series(1, 30) AS n",
                    (each.id, customer),
                )

    return fill


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ({"order_number": "h-00"}, range(9, 0, -1)),
        ({"order_number": "H-٠١٢"}, [12]),
        ({"order_number": "%"}, []),
        ({"created_from": "2026-06-29"}, [30, 29]),
        ({"created_to": "2026-06-02"}, [2, 1]),
        ({"created_to": "2026-06-02T00:00:00+14:00"}, [1]),
        ({"created_from": "2026-06-03T00:00:00+03:00", "created_to": "2026-06-04T00:00:00+03:00"}, [4, 3]),
        ({"created_from": "2026-06-03T00:00:00.001", "created_to": "2026-06-04"}, [4]),
        ({"order_status": "confirmed"}, []),
        ({"order_status": "pending", "limit": 2}, [30, 29]),
    ],
)
async def test_orders_are_listed_by_filter(history, org, mcp, arguments, numbers):
    history(org)
    listed = await mcp("nexus_list_orders", arguments, as_=org.agent("read"))
    assert [order["order_number"] for order in listed["data"]] == [f"H-{number:03}" for number in numbers]


async def test_pages_stay_right_while_orders_come_and_change(history, org, mcp, tenants):
    history(org)
    agent, seen, cursor = org.agent("read"), [], None
    while True:
        page = await mcp("nexus_list_orders", {"limit": 7, "cursor": cursor} if cursor else {"limit": 7}, as_=agent)
        seen += [order["order_number"] for order in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        with tenants.database() as db:
            db.execute("INSERT INTO orders (organization_id) VALUES (%s)", (org.id,))
            db.execute("UPDATE orders SET notes = 'changed' WHERE organization_id = %s", (org.id,))
    assert seen == [f"H-{number:03}" for number in range(30, 0, -1)]
    assert (await mcp("nexus_list_orders", {"cursor": "nonsense"}, as_=agent))["error"] == "invalid_cursor"


async def test_a_list_returns_selected_fields_and_stays_small(history, org, mcp):
    history(org)
    agent = org.agent("read")
    narrow = await mcp("nexus_list_orders", {"fields": ["order_number"], "limit": 1}, as_=agent)
    assert set(narrow["data"][0]) == {"id", "created_at", "order_number"}
    wide = await mcp("nexus_list_orders", {"limit": 10}, as_=agent)
    assert len(json.dumps(wide)) < 4096
    assert wide["data"][0]["total_amount"] == 30
    assert (await mcp("nexus_list_orders", {"fields": ["secret"]}, as_=agent))["error"] == "invalid_request"


async def test_a_token_without_the_scope_writes_nothing(shop, org, mcp):
    customer, _ = shop(org)
    arguments = {"customer_id": customer, "items": [{"sku": "MUG", "qty": 1}]}
    refused = await mcp("nexus_create_order", arguments, as_=org.agent("read"))
    assert (refused["is_error"], refused["error"]) == (True, "insufficient_scope")
    assert (await mcp("nexus_list_orders", as_=org.agent("read")))["data"] == []


async def test_orders_beyond_the_plan_are_refused_with_what_to_do(tenants, shop, mcp):
    org = tenants.org(plan="starter")
    customer, _ = shop(org)
    with tenants.database() as db:
        db.execute("INSERT INTO orders (organization_id) SELECT %s FROM generate_series(1, 200)", (org.id,))
    arguments = {"customer_id": customer, "items": [{"sku": "MUG", "qty": 1}]}
    refused = await mcp("nexus_create_order", arguments, as_=org.agent("write"))
    assert (refused["error"], refused["resource"], refused["current"], refused["limit"]) == (
        "plan_limit_exceeded",
        "orders",
        200,
        200,
    )


async def test_orders_written_through_rest_are_read_unchanged(org, mcp, tenants):
    with tenants.database() as db:
        order = db.execute(
            "INSERT INTO orders (organization_id, order_number, shipping_address, currency, total_amount, source)"
            """ VALUES (%s, 'shop #7', '{"city": 5, "zip": ["1"]}', 'KWD', 1.125, 'shopify') RETURNING id""",
            (org.id,),
        ).fetchone()[0]
        db.execute(
            "INSERT INTO order_items (order_id, name, qty, unit_price) VALUES (%s, %s, 1, 1.125)", (order, "x" * 5000)
        )
    read = await mcp("nexus_get_order", {"order_id": "shop #7"}, as_=org.agent("read"))
    assert (read["id"], read["shipping_address"], read["customer"]) == (str(order), {"city": 5, "zip": ["1"]}, None)
    assert (read["total_amount"], len(read["lines"][0]["name"])) == (1.125, 200)
