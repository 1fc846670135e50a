"""Every request to a table that the contract shows, as written, with an agent's token."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(rest, org):
    """Return an agent who may write, and a contact, an order, an item and a conversation of the organization."""
    agent = org.agent("write")

    async def add(table: str, **values):
        body = {"organization_id": str(org.id), **values}
        # A conversation is begun by a channel, not by a client.
        caller = {"key": "secret"} if table == "chats" else {"as_": agent}
        answer = await rest("POST", table, json=body, headers={"Prefer": "return=representation"}, **caller)
        assert answer.status_code == 201, answer.text
        (row,) = answer.json()
        return row

    customer = await add("customers", first_name="Mona", phone_number="+201234567890")
    order = await add("orders", customer_id=customer["id"], order_status="pending", total_amount=450, currency="EGP")
    item = await add("items", name="Lantern", sku="LAN-1")
    chat = await add("chats", platform="whatsapp", platform_chat_id="1", is_archived=False)
    return {"agent": agent, "customer": customer, "order": order, "item": item, "chat": chat}


async def test_contacts_newest_first_and_by_phone(rest, org, shop):
    for query in (
        f"organization_id=eq.{org.id}&order=created_at.desc&limit=25",
        f"phone_number=eq.%2B201234567890&organization_id=eq.{org.id}",
    ):
        answer = await rest("GET", f"customers?{query}", as_=shop["agent"])
        assert [row["id"] for row in answer.json()] == [shop["customer"]["id"]]
        assert answer.headers["content-range"] == "0-0/*"


async def test_a_contact_is_tagged(rest, shop):
    where = f"customers?id=eq.{shop['customer']['id']}"
    assert (await rest("PATCH", where, as_=shop["agent"], json={"tags": ["vip", "repeat-buyer"]})).status_code == 204
    assert (await rest("GET", where, as_=shop["agent"])).json()[0]["tags"] == ["vip", "repeat-buyer"]


async def test_orders_by_status_and_by_what_they_lack(rest, org, shop):
    for query in (f"organization_id=eq.{org.id}&order_status=in.(pending,confirmed)", "shopify_order_id=is.null"):
        answer = await rest("GET", f"orders?{query}", as_=shop["agent"])
        assert [row["id"] for row in answer.json()] == [shop["order"]["id"]]


async def test_an_order_gets_lines_in_one_array_and_is_confirmed(rest, shop):
    order = shop["order"]["id"]
    lines = [
        {"order_id": order, "name": "Lantern", "sku": "X-1", "qty": 2, "unit_price": 150},
        {"order_id": order, "name": "Candle", "sku": "X-2", "qty": 1, "unit_price": 150},
    ]
    assert (await rest("POST", "order_items", as_=shop["agent"], json=lines)).status_code == 201
    confirmed = await rest("PATCH", f"orders?id=eq.{order}", as_=shop["agent"], json={"order_status": "confirmed"})
    assert confirmed.status_code == 204, confirmed.text
    read = await rest(
        "GET", f"orders?id=eq.{order}&select=order_status,order_items(qty),customers(first_name)", as_=shop["agent"]
    )
    assert read.json() == [
        {"order_status": "confirmed", "order_items": [{"qty": 2}, {"qty": 1}], "customers": {"first_name": "Mona"}}
    ]


async def test_409_for_an_illegal_step_with_our_code_in_postgrests_body(rest, shop):
    answer = await rest(
        "PATCH", f"orders?id=eq.{shop['order']['id']}", as_=shop["agent"], json={"order_status": "delivered"}
    )
    assert answer.status_code == 409
    body = answer.json()
    assert body.keys() == {"code", "message", "details", "hint"}
    assert body["code"] == "PT409"
    assert '"error": "illegal_transition"' in body["details"]


async def test_conversations_and_messages_in_their_order(rest, org, shop):
    agent, chat = shop["agent"], shop["chat"]["id"]
    listed = await rest(
        "GET",
        f"chats?organization_id=eq.{org.id}&platform=eq.whatsapp&is_archived=eq.false&order=last_message_time.desc",
        as_=agent,
    )
    assert [row["id"] for row in listed.json()] == [chat]
    assert (await rest("GET", f"messages?chat_id=eq.{chat}&order=timestamp.asc", as_=agent)).json() == []


async def test_items_and_low_stock(rest, org, shop):
    items = await rest(
        "GET", f"items?organization_id=eq.{org.id}&is_active=eq.true&order=updated_at.desc", as_=shop["agent"]
    )
    assert [row["sku"] for row in items.json()] == ["LAN-1"]
    low = await rest("GET", f"stock_balances?organization_id=eq.{org.id}&available_quantity=lt.10", as_=shop["agent"])
    assert low.json() == []


async def test_pages_are_25_rows_and_at_most_100_but_for_the_service(rest, org, tenants):
    with tenants.database() as database:
        database.execute(
            "INSERT INTO labels (organization_id, name) SELECT %s, 'label ' || n FROM generate_series(1, 120) AS n",
            [org.id],
        )
    mine = f"labels?organization_id=eq.{org.id}&order=id"
    exact = {"Prefer": "count=exact"}
    for who in (org.agent("read"), org.owner):
        assert (await rest("GET", mine, as_=who, headers=exact)).headers["content-range"] == "0-24/120"
        assert len((await rest("GET", f"{mine}&limit=1000", as_=who)).json()) == 100
        paged = await rest("GET", mine, as_=who, headers={**exact, "Range": "100-199"})
        assert (paged.status_code, paged.headers["content-range"]) == (206, "100-119/120")
        assert (await rest("GET", mine, as_=who, headers={**exact, "Range": "0-24"})).headers[
            "content-range"
        ] == "0-24/120"
    assert len((await rest("GET", mine, key="secret")).json()) == 120


async def test_400_for_a_sku_whose_folded_form_is_too_long(rest, org):
    answer = await rest("POST", "items", json={"name": "Lantern", "sku": "\ufdfa" * 100}, as_=org.agent("write"))
    assert (answer.status_code, answer.json()["code"]) == (400, "23514")
    assert "sku" in answer.json()["message"]
