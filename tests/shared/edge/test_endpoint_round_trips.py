"""What a call costs: one round trip to Postgres for a read, and one to the store."""

import uuid

import pytest

from functions.mcp_server.catalog import registry

pytestmark = pytest.mark.anyio

ARGUMENTS = {
    "nexus_search": {"query": "Mona"},
    "nexus_get_contact": {"customer_id": "CONTACT"},
    "nexus_get_order": {"order_id": "ORDER"},
    "nexus_check_stock": {"sku": "LAMP-1"},
    "nexus_list_messages": {"chat_id": "CHAT"},
}
"""Of the read tools that cannot be called without any."""


@pytest.fixture
def shop(tenants, org):
    """Return a contact, an item and an order of the organization, by the words that stand for them above."""
    contact, order, chat = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    with tenants.database() as database:
        database.execute(
            "INSERT INTO customers (id, organization_id, first_name) VALUES (%s, %s, 'Mona')", [contact, org.id]
        )
        database.execute(
            "INSERT INTO orders (id, organization_id, customer_id) VALUES (%s, %s, %s)", [order, org.id, contact]
        )
        database.execute("INSERT INTO items (organization_id, name, sku) VALUES (%s, 'Lamp', 'LAMP-1')", [org.id])
        database.execute(
            "INSERT INTO chats (id, organization_id, platform, platform_chat_id) VALUES (%s, %s, 'whatsapp', 'mona')",
            [chat, org.id],
        )
        database.execute(
            "INSERT INTO messages (organization_id, chat_id, content, direction, message_type, status, timestamp)"
            " VALUES (%s, %s, 'hello', 'inbound', 'text', 'delivered', now())",
            [org.id, chat],
        )
    return {"CONTACT": str(contact), "ORDER": str(order), "CHAT": str(chat)}


async def test_every_read_tool_is_one_round_trip_to_postgres_and_one_to_the_store(observed, org, shop):
    agent = org.agent("read")
    headers = {**agent.headers, "Accept": "application/json, text/event-stream"}
    spent = {}
    for name, tool in registry.tools.items():
        if tool.scope != "read":
            continue
        arguments = {field: shop.get(value, value) for field, value in ARGUMENTS.get(name, {}).items()}
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        database, store = [], []
        for _ in range(5):
            before = (observed.database.round_trips, observed.store.round_trips)
            answer = await observed.client.post("/functions/v1/mcp-server", json=message, headers=headers)
            assert not answer.json()["result"].get("isError"), answer.text
            database.append(observed.database.round_trips - before[0])
            store.append(observed.store.round_trips - before[1])
        # A busy machine may cut a message in two, which looks like two; the first calls open connections.
        spent[name] = (min(database), min(store))
    assert spent == dict.fromkeys(spent, (1, 1))
    assert len(spent) >= 8


@pytest.mark.parametrize("function", ["agent-usage", "agent-api-key-list"])
async def test_a_functions_read_is_one_round_trip_to_postgres(observed, org, function):
    spent = []
    for _ in range(5):
        before = observed.database.round_trips
        answer = await observed.client.get(f"/functions/v1/{function}", headers=org.owner.headers)
        assert answer.status_code == 200
        spent.append(observed.database.round_trips - before)
    assert min(spent) == 1


async def test_an_order_under_an_idempotency_key_is_three_round_trips_to_postgres(observed, org, shop):
    """The claim with the items looked up; the order with its lines; the kept answer with the commit."""
    agent = org.agent("write")
    headers = {**agent.headers, "Accept": "application/json, text/event-stream"}
    spent = []
    for number in range(6):
        arguments = {
            "customer_id": shop["CONTACT"],
            "items": [{"sku": "LAMP-1", "qty": 1, "unit_price": 5}] * 3,
            "idempotency_key": f"order-{number}",
        }
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "nexus_create_order", "arguments": arguments},
        }
        before = observed.database.round_trips
        answer = await observed.client.post("/functions/v1/mcp-server", json=message, headers=headers)
        assert not answer.json()["result"].get("isError"), answer.text
        spent.append(observed.database.round_trips - before)
    assert min(spent) == 3
