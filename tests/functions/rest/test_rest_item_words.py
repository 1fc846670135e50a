"""The words that an item brings to a line of an order: its own as they are, the same by a tool and over /rest/v1."""

import uuid

import pytest

pytestmark = pytest.mark.anyio
UNSEEN = "\u200b\u2060"
WORDS = ("name", "sku", "barcode")


@pytest.fixture
def old_item(org, tenants):
    """Provide `old_item(**words)`: the id of an item from before any rule."""

    def made(**words):
        item = uuid.uuid4()
        row = {"name": None, "sku": None, "barcode": None} | words | {"id": item, "org": org.id}
        with tenants.database() as db:
            db.execute("SET session_replication_role = replica")
            db.execute(
                "INSERT INTO items (id, organization_id, name, sku, barcode, selling_price) VALUES"
                " (%(id)s, %(org)s, %(name)s, %(sku)s, %(barcode)s, 5)",
                row,
            )
            db.execute("SET session_replication_role = origin")
        return str(item)

    return made


@pytest.fixture
def sold(org, mcp, rest, tenants):
    """Provide `sold(item)`: the order that a tool makes, and the words of its line and of one by /rest/v1."""

    async def lines(item):
        agent, customer, line = org.agent("write"), uuid.uuid4(), {"item_id": item, "qty": 1}
        with tenants.database() as db:
            db.execute("INSERT INTO customers (id, organization_id) VALUES (%s, %s)", (customer, org.id))
        made = await mcp("nexus_create_order", {"customer_id": str(customer), "items": [line]}, as_=agent)
        assert made["is_error"] is False, made
        written = await rest("POST", "order_items", as_=agent, json=line | {"order_id": made["id"]})
        assert written.status_code == 201, written.text
        path = f"order_items?order_id=eq.{made['id']}&select=name,sku,barcode"
        return made["id"], (await rest("GET", path, as_=agent)).json()

    return lines


@pytest.mark.parametrize("word", WORDS)
async def test_an_items_own_words_are_taken_as_they_are(old_item, sold, rest, org, word):
    words = {"name": "Cup", "sku": "CUP", "barcode": "622"} | {word: UNSEEN}
    item = old_item(**words)
    order, lines = await sold(item)
    assert lines == [words, words]
    given = {"item_id": item, "qty": 1, "order_id": order, word: UNSEEN[0]}
    refused = await rest("POST", "order_items", as_=org.agent("write"), json=given)
    assert (refused.status_code, "invisible_text" in refused.text) == (422, True)


async def test_an_item_without_words_is_named_by_its_id(old_item, sold):
    item = old_item()
    _, lines = await sold(item)
    assert lines == [{"name": item, "sku": None, "barcode": None}] * 2
