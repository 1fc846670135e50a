"""Values that the database could take and no reader decode."""

import secrets

from tests.attack.outcome import all_can_read, readable, refused
from tests.attack.registry import attack
from tests.attack.stage import Stage

MOMENTS = ("infinity", "-infinity", "294276-12-31T00:00:00Z", "0044-03-15 00:00:00 BC", "1899-12-31", "2201-01-01")
UNSEEN = ("\u200b", "\u3164\u2800", "\ufe0f", "\u00a0\u00ad")
LISTS = ([None], [["a"], ["b"]], ["x" * 10_000], [str(number) for number in range(5000)])


@attack("values")
async def write_a_moment_no_calendar_has(stage: Stage) -> str:
    """Times are finite and between the years 1900 and 2200."""
    customer = await stage.shop.made("customers", first_name="Attack")
    told = ""
    for moment in MOMENTS:
        for column in ("last_contact", "next_follow_up"):
            change = await stage.shop.update("customers", f"id=eq.{customer['id']}", {column: moment})
            told = refused(change, of=f"{column} {moment}")
    await all_can_read(stage.shop)
    return told


@attack("values")
async def write_a_list_with_holes(stage: Stage) -> str:
    """Lists have one dimension, no nulls and an end."""
    told = ""
    for tags in LISTS:
        told = refused(await stage.shop.insert("customers", {"first_name": "Attack", "tags": tags}), of=str(tags)[:40])
    await all_can_read(stage.shop)
    return told


@attack("values")
async def write_what_is_not_a_number(stage: Stage) -> str:
    """Amounts are numbers."""
    item, order = await stage.item(), await stage.order()
    told = ""
    for word in ("NaN", "Infinity", "-Infinity"):
        for column in ("selling_price", "cost_price"):
            change = await stage.shop.update("items", f"id=eq.{item['id']}", {column: word})
            told = refused(change, of=f"{column} {word}")
        for column in ("total_amount", "refund_amount"):
            change = await stage.shop.update("orders", f"id=eq.{order['id']}", {column: word})
            refused(change, of=f"{column} {word}")
        line = await stage.shop.update("order_items", f"order_id=eq.{order['id']}", {"unit_price": word})
        refused(line, of=f"unit_price {word}")
    await all_can_read(stage.shop)
    return told


@attack("values")
async def write_an_endless_document(stage: Stage) -> str:
    """Free-form columns are objects of bounded size and depth."""
    deep: object = {}
    for _ in range(200):
        deep = {"a": deep}
    told = ""
    for name, value in {"large": {"a": "x" * 900_000}, "deep": deep, "number": 5, "text": "x"}.items():
        told = refused(await stage.shop.insert("customers", {"first_name": "Attack", "metadata": value}), of=name)
    return told


@attack("values")
async def ask_for_the_end_of_time(stage: Stage) -> str:
    """A date at the calendar's edge is a filter or a refusal, never a fault."""
    for day in ("9999-12-31", "0001-01-01", "2200-12-31", "1900-01-01"):
        for argument in ("created_from", "created_to"):
            answer = await stage.shop.tool("nexus_list_orders", **{argument: day})
            if not (answer.json().get("result") or {}).get("isError"):
                readable(answer)
    return "answered or refused"


@attack("values")
async def write_a_name_that_nobody_sees(stage: Stage) -> str:
    """A name has a character that can be seen, in every table and by every way to write it."""
    told = ""
    label = await stage.shop.made("labels", name=f"seen {secrets.token_hex(4)}")
    for unseen in UNSEEN:
        for table in ("labels", "lead_sources", "customer_journey_stages", "items", "warehouses"):
            told = refused(await stage.shop.insert(table, {"name": unseen}), of=f"{table} {unseen!a}")
        for column in ("first_name", "last_name", "company"):
            row = {"email": f"{secrets.token_hex(6)}@example.com", column: unseen}
            refused(await stage.shop.insert("customers", row), of=f"{column} {unseen!a}")
        refused(await stage.shop.insert("orders", {"order_number": unseen}), of=f"order_number {unseen!a}")
        change = await stage.shop.update("labels", f"id=eq.{label['id']}", {"name": unseen})
        refused(change, of=f"a change to {unseen!a}")
    return told


@attack("values")
async def write_invisible_text(stage: Stage) -> str:
    """Odd characters are refused or can be read again by every list."""
    for text in ("\u202eevil", "a\u0000b", "\ud83d", "\U0010ffff", "ـ" * 100):
        answer = await stage.shop.insert("customers", {"first_name": text})
        if not answer.is_success:
            refused(answer, of=ascii(text))
    return await all_can_read(stage.shop)
