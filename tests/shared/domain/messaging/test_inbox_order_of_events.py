"""News of a person and their messages, each read by itself: the order in which they come makes no difference."""

import itertools
import time

import pytest

pytestmark = pytest.mark.anyio
OLD, NEW, LATEST = "201012345678", "201098765432", "201055556666"
FIRST_ID, NEXT_ID = "EG.31870052417765", "EG.55500011122233"
ORDERS = list(itertools.permutations(range(3)))


@pytest.fixture
def began():
    """Return the time an hour ago, in seconds."""
    return int(time.time()) - 3600


@pytest.fixture
def moved(began):
    """Provide `moved(account, old, new, after=…)`: the person has a new number."""

    def body(account, old, new, after):
        system = {"type": "user_changed_number", "wa_id": new, "body": "changed"}
        told = {"from": old, "id": f"wamid.moved.{after}", "timestamp": str(began + after), "type": "system"}
        return account.change({"messages": [{**told, "system": system}]})

    return body


@pytest.fixture
def renamed(began):
    """Provide `renamed(account, after=…)`: the person has a new business-scoped id."""

    def body(account, after):
        ids = {"previous": FIRST_ID, "current": NEXT_ID}
        update = {"user_id": ids, "detail": "updated", "timestamp": str(began + after)}
        return account.change({"user_id_update": [update]}, "user_id_update")

    return body


@pytest.fixture
def said(began):
    """Provide `said(account, who, after=…)`: a message under a number, or under an id where the number is hidden."""

    def body(account, who, after):
        named = {"from_user_id": who} if who.startswith("EG.") else {"from": who}
        told = account.text(OLD, f"said {after}", id=f"wamid.said.{after}", timestamp=str(began + after))
        (message,) = told["entry"][0]["changes"][0]["value"]["messages"]
        del message["from"]
        message |= named
        told["entry"][0]["changes"][0]["value"]["contacts"] = [
            {"profile": {"name": "Mona"}, "user_id" if "from_user_id" in named else "wa_id": who}
        ]
        return told

    return body


@pytest.fixture
def picture(rows):
    """Return the one conversation of the account that is not a sign-post, its contact, and what it was told."""

    def take(account):
        (chat,) = rows(
            "SELECT id, platform_chat_id, contact_phone, unread_count, last_message, marketing_stopped_at FROM chats"
            " WHERE channel_id = %s AND merged_into IS NULL",
            account.id,
        )
        asked = {
            "ids": "SELECT kind, value, superseded_at FROM channel_identities WHERE chat_id = %s ORDER BY kind, value",
            "messages": "SELECT platform_message_id FROM messages WHERE chat_id = %s ORDER BY 1",
            "told": "SELECT name, occurred_at FROM channel_events WHERE chat_id = %s ORDER BY occurred_at, name",
            "contact": "SELECT contact.phone_number FROM customers AS contact JOIN chats AS chat"
            " ON chat.customer_id = contact.id WHERE chat.id = %s",
            "known_as": "SELECT identity.kind, identity.value FROM customer_identities AS identity JOIN chats AS chat"
            " ON chat.customer_id = identity.customer_id WHERE chat.id = %s ORDER BY 1, 2",
        }
        contacts = rows("SELECT count(*) FROM customers WHERE organization_id = %s", account.org.id)
        return {"chat": chat[1:], "contacts": contacts, **{what: rows(sql, chat[0]) for what, sql in asked.items()}}

    return take


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_change_of_number_between_two_messages_leaves_one_conversation(
    *, connect, tell, org, other_org, said, moved, picture, order
):
    told = []
    for account in (in_turn := connect(org), out_of_turn := connect(other_org)):
        told.append([said(account, OLD, 0), moved(account, OLD, NEW, 10), said(account, NEW, 20)])
    for body in told[0]:
        await tell(body)
    for place in order:
        await tell(told[1][place])
    seen = picture(in_turn)
    assert (seen["chat"][0], len(seen["messages"]), len(seen["told"]), seen["contacts"]) == (NEW, 2, 1, [(1,)])
    assert picture(out_of_turn) == seen


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_change_of_the_id_of_somebody_without_a_number_likewise(
    *, connect, tell, org, other_org, said, renamed, picture, order
):
    told = []
    for account in (in_turn := connect(org), out_of_turn := connect(other_org)):
        told.append([said(account, FIRST_ID, 0), renamed(account, 10), said(account, NEXT_ID, 20)])
    for body in told[0]:
        await tell(body)
    for place in order:
        await tell(told[1][place])
    seen = picture(in_turn)
    assert (seen["chat"][0], len(seen["messages"]), len(seen["told"]), seen["contacts"]) == (NEXT_ID, 2, 1, [(1,)])
    assert picture(out_of_turn) == seen


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_two_changes_in_a_row_end_at_the_last_number(
    *, connect, tell, org, other_org, said, moved, picture, order
):
    told = []
    for account in (in_turn := connect(org), out_of_turn := connect(other_org)):
        told.append([said(account, OLD, 0), moved(account, OLD, NEW, 10), moved(account, NEW, LATEST, 20)])
    for body in told[0]:
        await tell(body)
    for place in order:
        await tell(told[1][place])
    seen = picture(in_turn)
    assert (seen["chat"][0], seen["contact"], len(seen["told"])) == (LATEST, [(f"+{LATEST}",)], 2)
    assert picture(out_of_turn) == seen


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_word_on_marketing_before_the_first_message_holds(
    *, connect, tell, org, other_org, said, picture, began, order
):
    account, others = connect(org), connect(other_org)
    words = [
        account.change(
            {"user_preferences": [{"wa_id": OLD, "category": "marketing_messages", "value": word, "timestamp": at}]},
            "user_preferences",
        )
        for word, at in (("resume", began), ("stop", began + 10))
    ]
    told = [*words, said(account, OLD, 20)]
    await tell(*(told[place] for place in order[:1]))
    await tell(*(told[place] for place in order[1:]))
    await tell(said(others, OLD, 20))
    seen = picture(account)
    assert [name for name, _ in seen["told"]] == ["preference.resume", "preference.stop"]
    assert (int(seen["chat"][-1].timestamp()), picture(others)["chat"][-1]) == (began + 10, None)


async def test_keys_that_changed_are_noted_at_the_conversation_that_comes_later(
    *, connect, tell, org, said, picture, began
):
    account = connect(org)
    told = {"from": OLD, "id": "wamid.keys", "timestamp": str(began), "type": "system"}
    system = {"type": "customer_identity_changed", "identity": "hash", "customer": OLD, "body": "changed"}
    await tell(account.change({"messages": [{**told, "system": system}]}))
    await tell(said(account, OLD, 5))
    assert [name for name, _ in picture(account)["told"]] == ["identity.identity_key_changed"]
