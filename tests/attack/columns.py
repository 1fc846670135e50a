"""Columns that functions own, written by clients through the tables."""

from tests.attack.outcome import code, refused, unchanged
from tests.attack.registry import Broken, attack
from tests.attack.stage import Stage, tag

HASHES = {"dear": "$2b$17$" + "." * 53, "dearest": "$2b$31$" + "." * 53, "malformed": "nonsense"}


async def _key_row(stage: Stage) -> dict[str, str]:
    await stage.key("read")
    return (await stage.shop.rows("agent_api_keys?select=id,agent_id,prefix,organization_id&limit=1"))[0]


def _forged(key: dict[str, str], **columns: object) -> dict[str, object]:
    """A row of a key that no function made."""
    named = {"organization_id": key["organization_id"], "agent_id": key["agent_id"], "name": "forged"}
    return {**named, "prefix": "nxs_ak_" + tag()[:8], "key_hash": "none", "scopes": ["read"], **columns}


@attack("columns")
async def write_a_hash_of_ones_own(stage: Stage) -> str:
    """No client writes the hash of a key, whatever it says."""
    key = await _key_row(stage)
    told = ""
    for name, value in HASHES.items():
        row = {
            "organization_id": key["organization_id"],
            "agent_id": key["agent_id"],
            "name": name,
            "prefix": "nxs_ak_" + tag()[:8],
            "scopes": ["read"],
        }
        told = refused(await stage.shop.insert("agent_api_keys", {**row, "key_hash": value}), of=name)
        change = await stage.shop.update("agent_api_keys", f"id=eq.{key['id']}", {"key_hash": value})
        refused(change, of=f"{name} by PATCH")
    return told


@attack("columns")
async def revive_a_revoked_key(stage: Stage) -> str:
    """A revoked key stays revoked; expiry and rotation are not undone."""
    made = await stage.key("read")
    key_id = made.get("id") or made.get("key_id")
    await stage.shop.call("agent-api-key-revoke", {"id": key_id})
    told = ""
    for change in (
        {"is_active": True, "revoked_at": None},
        {"expires_at": None, "replaced_by": None},
        {"scopes": ["read", "write", "admin"]},
    ):
        told = refused(await stage.shop.update("agent_api_keys", f"id=eq.{key_id}", change), of=str(change))
    return told


@attack("columns")
async def name_another_tenants_person_as_maker(stage: Stage) -> str:
    """Who made a key is whoever made it."""
    key = await _key_row(stage)
    theirs = (await stage.rival.rows("organization_members?select=user_id&limit=1"))[0]["user_id"]
    row = {
        "organization_id": key["organization_id"],
        "agent_id": key["agent_id"],
        "name": "made",
        "prefix": "nxs_ak_" + tag()[:8],
        "key_hash": "none",
    }
    return refused(await stage.shop.insert("agent_api_keys", {**row, "created_by": theirs}))


@attack("columns")
async def tell_a_taken_prefix_from_a_free_one(stage: Stage) -> str:
    """Nobody learns which prefixes of keys other tenants have."""
    mine, rival = await _key_row(stage), (await stage.organization(stage.rival))["id"]
    answers = []
    for prefix in (mine["prefix"], "nxs_ak_" + tag()[:8]):
        row = {
            "organization_id": rival,
            "agent_id": mine["agent_id"],
            "name": "probe",
            "prefix": prefix,
            "key_hash": "none",
            "scopes": ["read"],
        }
        answers.append(code(await stage.rival.insert("agent_api_keys", row)))
    if answers[0] != answers[1]:
        raise Broken(f"taken: {answers[0]}, free: {answers[1]}")
    return answers[0]


async def _chat(stage: Stage) -> dict[str, str]:
    found = await stage.shop.rows("chats?select=*&order=created_at.desc&limit=1")
    return found[0] if found else {}


@attack("columns")
async def put_words_into_a_customers_mouth(stage: Stage) -> str:
    """Only the inbox writes what customers said."""
    chat = await _chat(stage)
    agent = await stage.agent("read", "write")
    row = {"chat_id": chat.get("id", "00000000-0000-0000-0000-000000000001"), "message_type": "text"}
    spoken = {"direction": "inbound", "sender_type": "customer", "content": "I agree"}
    return refused(await agent.insert("messages", {**row, **spoken}))


@attack("columns")
async def open_a_closed_window(stage: Stage) -> str:
    """The window for answers opens when a customer writes, and not otherwise."""
    now = "2026-11-30T00:00:00Z"
    new = {"platform": "whatsapp", "platform_chat_id": "201590" + tag()[:6], "last_inbound_at": now}
    told = refused(await stage.shop.insert("chats", new))
    if chat := await _chat(stage):
        for change in ({"last_inbound_at": now}, {"entry_point_at": now}, {"delivered_until": now}):
            refused(await stage.shop.update("chats", f"id=eq.{chat['id']}", change), of=str(change))
    return told


@attack("columns")
async def fill_a_counter_to_its_rim(stage: Stage) -> str:
    """Nobody sets the count of unread messages to where the next one overflows."""
    chat = await _chat(stage)
    condition = f"id=eq.{chat.get('id', '00000000-0000-0000-0000-000000000001')}"
    return refused(await stage.shop.update("chats", condition, {"unread_count": 2147483647}))


FROZEN = {
    "total_amount": 1,
    "currency": "KWD",
    "order_number": "ORD-1-1",
    "customer_id": None,
    "refund_amount": 99999,
}


@attack("columns")
async def rewrite_a_delivered_order(stage: Stage) -> str:
    """From shipped on an order's money, currency, customer and number are frozen."""
    order = await stage.order(status="delivered")
    customer = await stage.shop.made("customers", first_name="Attack")
    for column, value in {**FROZEN, "customer_id": customer["id"]}.items():
        refused(await stage.shop.update("orders", f"id=eq.{order['id']}", {column: value}), of=column)
    after = (await stage.shop.rows(f"orders?id=eq.{order['id']}"))[0]
    unchanged(order, after, *FROZEN)
    return "every column refused"


@attack("columns")
async def ship_what_was_cancelled(stage: Stage) -> str:
    """A cancelled order gets no waybill and no refund."""
    order = await stage.order()
    await stage.shop.update("orders", f"id=eq.{order['id']}", {"order_status": "cancelled"})
    for change in ({"awb_number": "AWB-1"}, {"refund_amount": 5}):
        refused(await stage.shop.update("orders", f"id=eq.{order['id']}", change), of=str(change))
    return "waybill and refund refused"


@attack("columns")
async def leave_the_total_beside_its_lines(stage: Stage) -> str:
    """An order's total is the sum of its lines, whoever changed them."""
    order = await stage.order()
    lines = f"order_id=eq.{order['id']}"
    answer = await stage.shop.update("order_items", lines, {"qty": 3})
    total = (await stage.shop.rows(f"orders?id=eq.{order['id']}"))[0]["total_amount"]
    quantity = sum(float(row["qty"]) for row in await stage.shop.rows(f"order_items?{lines}"))
    if float(total) != quantity * 320:
        raise Broken(f"{answer.status_code}: total {total} beside lines of {quantity * 320}")
    await stage.shop.update("orders", f"id=eq.{order['id']}", {"total_amount": 1})
    total = (await stage.shop.rows(f"orders?id=eq.{order['id']}"))[0]["total_amount"]
    if float(total) != quantity * 320:
        raise Broken(f"total set to {total} beside lines of {quantity * 320}")
    return f"total {total} follows"


@attack("columns")
async def backdate(stage: Stage) -> str:
    """When a row was made is the server's to say."""
    rows = {
        "customers": {"first_name": "Attack"},
        "orders": {"notes": "attack"},
        "items": {"name": "Attack", "sku": f"ATK-{tag()}"},
    }
    for table, row in rows.items():
        refused(await stage.shop.insert(table, {**row, "created_at": "2001-01-01T00:00:00Z"}), of=table)
    return "refused on three tables"
