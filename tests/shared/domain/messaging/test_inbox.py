"""What the channels tell: identities, merges, changes of messages, echoes, history, news of accounts."""

import time
from typing import Any

import pytest

from shared.providers.meta.events import InboundMessage

pytestmark = pytest.mark.anyio
NUMBER, LATER_NUMBER, USER_ID = "201012345678", "201098765432", "EG.13491208655302741918"


@pytest.fixture
def people(rows):
    """Return conversations that are open, contacts, and messages of the organization."""

    def count(org):
        chats = "SELECT count(*) FROM chats WHERE organization_id = %s AND merged_into IS NULL"
        tables = (chats, "SELECT count(*) FROM customers WHERE organization_id = %s")
        messages = "SELECT count(*) FROM messages WHERE organization_id = %s"
        return tuple(rows(each, org.id)[0][0] for each in (*tables, messages))

    return count


@pytest.fixture
def hidden(account):
    """From a customer whose number is not shown."""

    def write(body="hello", **message):
        told = account.text(USER_ID, body, **message)
        value = told["entry"][0]["changes"][0]["value"]
        value["contacts"] = [{"profile": {"name": "Mona"}, "user_id": USER_ID}]
        return told

    return write


async def test_a_customer_stays_one_contact_when_the_number_becomes_known(tell, account, hidden, people, rows):
    await tell(hidden())
    assert rows("SELECT first_name, phone_number FROM customers WHERE organization_id = %s", account.org.id) == [
        ("Mona", None)
    ]
    linked = account.text(NUMBER)
    linked["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = USER_ID
    await tell(linked)
    await tell(account.text(NUMBER), hidden())
    assert people(account.org) == (1, 1, 4)


@pytest.mark.parametrize("name", ["\u200b", " \u3164", "\ufe0f\u2063"])
async def test_a_customer_with_an_invisible_name_is_kept_by_number(tell, account, rows, name):
    told = account.text(NUMBER)
    told["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = name
    await tell(told)
    assert rows("SELECT first_name FROM customers WHERE organization_id = %s", account.org.id) == [(f"+{NUMBER}",)]
    assert rows("SELECT contact_name FROM chats WHERE organization_id = %s", account.org.id) == [(None,)]


async def test_two_conversations_of_one_person_merge_with_all_messages(tell, account, hidden, people, rows):
    await tell(hidden(), account.text(NUMBER))
    assert people(account.org) == (2, 2, 2)
    linked = account.text(NUMBER)
    linked["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = USER_ID
    await tell(linked)
    assert people(account.org) == (1, 1, 3)
    trail = rows(
        "SELECT action FROM audit_events WHERE organization_id = %s AND action LIKE '%%.merge' ORDER BY 1",
        account.org.id,
    )
    assert trail == [("chats.merge",), ("customers.merge",)]
    used = rows("SELECT used FROM usage_counters WHERE organization_id = %s AND resource = 'contacts'", account.org.id)
    assert used == [(1,)]


async def test_a_merge_moves_the_orders_of_the_contact_that_goes(tell, account, hidden, tenants, rows):
    await tell(hidden(), account.text(NUMBER))
    with tenants.database() as db:
        db.execute(
            "INSERT INTO orders (organization_id, order_number, customer_id)"
            " SELECT organization_id, 'ORD-' || id, id FROM customers WHERE organization_id = %s",
            (account.org.id,),
        )
    linked = account.text(NUMBER)
    linked["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = USER_ID
    await tell(linked)
    held = rows("SELECT count(DISTINCT customer_id), count(*) FROM orders WHERE organization_id = %s", account.org.id)
    assert held == [(1, 2)]


async def test_a_merge_keeps_older_invisible_names(tell, account, hidden, tenants, people):
    await tell(hidden(), account.text(NUMBER))
    with tenants.database() as db:
        db.execute(
            "UPDATE customers SET last_name = %s, company = %s, tags = ARRAY[%s] WHERE organization_id = %s",
            ("\u200b", "\u3164", "\ufe0f", account.org.id),
        )
        db.execute("UPDATE chats SET contact_name = %s WHERE organization_id = %s", ("\u200b", account.org.id))
    linked = account.text(NUMBER)
    linked["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = USER_ID
    await tell(linked)
    assert people(account.org) == (1, 1, 3)


async def test_a_new_number_is_the_same_person_and_the_old_one_may_become_anothers(tell, account, people, rows):
    await tell(account.text(NUMBER))
    change = {
        "from": NUMBER,
        "id": "wamid.change",
        "timestamp": str(int(time.time()) - 4),
        "type": "system",
        "system": {"type": "user_changed_number", "wa_id": LATER_NUMBER, "body": "changed"},
    }
    await tell(account.change({"messages": [change]}))
    late = account.text(NUMBER, "written before the change", timestamp=str(int(time.time()) - 60))
    await tell(account.text(LATER_NUMBER), late)
    assert people(account.org) == (1, 1, 3)
    stranger = account.text(NUMBER, "a stranger", timestamp=str(int(time.time()) - 1))
    await tell(stranger)
    assert people(account.org) == (2, 2, 4)
    phones = rows("SELECT phone_number FROM customers WHERE organization_id = %s ORDER BY 1", account.org.id)
    assert phones == [(f"+{NUMBER}",), (f"+{LATER_NUMBER}",)]


async def test_a_changed_user_id_joins_whatever_order_the_news_comes_in(tell, account, hidden, people):
    await tell(hidden())
    later = "EG.99999999999999999"
    new = account.text(later)
    new["entry"][0]["changes"][0]["value"]["contacts"] = [{"profile": {"name": "Mona"}, "user_id": later}]
    await tell(new)
    update = {"user_id": {"previous": USER_ID, "current": later}, "timestamp": str(int(time.time()) - 30)}
    await tell(account.change({"user_id_update": [update]}, field="user_id_update"))
    assert people(account.org) == (1, 1, 2)


async def test_an_edit_and_a_revocation_reach_their_message_also_before_it_came(tell, account, rows):
    wrote = account.text(body="first")
    wamid = wrote["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    changed = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": "second"}}}
    edit = account.text(id="wamid.edit", type="edit", edit=changed)
    revoke = account.text(id="wamid.revoke", type="revoke", revoke={"original_message_id": wamid})
    state = "SELECT content, edited_at IS NOT NULL, deleted_at IS NOT NULL FROM messages WHERE platform_message_id = %s"
    await tell(edit)
    await tell(wrote)
    assert rows(state, wamid) == [("second", True, False)]
    await tell(revoke)
    assert rows(state, wamid) == [(None, True, True)]
    assert rows("SELECT count(*) FROM messages WHERE organization_id = %s", account.org.id) == [(1,)]


async def test_the_preview_follows_the_newest_message_that_can_be_read(tell, account, rows):
    now = int(time.time())
    first, second = (account.text(body=body, timestamp=str(now - age)) for body, age in (("first", 9), ("second", 8)))
    wamids = [each["entry"][0]["changes"][0]["value"]["messages"][0]["id"] for each in (first, second)]
    shown = "SELECT last_message FROM chats WHERE organization_id = %s"

    async def edit(wamid, body):
        changed = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": body}}}
        await tell(account.text(id=f"wamid.{body}", type="edit", edit=changed))

    await tell(first)
    await tell(second)
    await edit(wamids[1], "third")
    assert rows(shown, account.org.id) == [("third",)]
    await tell(account.text(id="wamid.gone", type="revoke", revoke={"original_message_id": wamids[1]}))
    assert rows(shown, account.org.id) == [("first",)]
    await edit(wamids[0], "fourth")
    assert rows(shown, account.org.id) == [("fourth",)]
    await tell(account.text(id="wamid.gone too", type="revoke", revoke={"original_message_id": wamids[0]}))
    assert rows(shown, account.org.id) == [(None,)]


async def test_messages_of_one_second_stay_in_the_order_in_which_they_came(tell, account, call, mcp, rows):
    """In every list, page by page, and in the preview once the newest is taken back."""
    now, number, agent = str(int(time.time())), NUMBER, account.org.agent()
    words = [f"word {each:02}" for each in range(24)]
    told = [account.text(number, word, timestamp=now) for word in words]
    await tell(*told[:20])
    for each in told[20:]:
        await tell(each)
    ((chat,),) = rows("SELECT id::text FROM chats WHERE organization_id = %s", account.org.id)
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        query = {"chat_id": chat, "limit": 7, **cursor}
        page = (await call("conversation-messages", as_=agent, method="GET", params=query)).json()
        seen += [each["content"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == words[::-1]
    listed = await mcp("nexus_list_conversations", {"chat_id": chat, "messages": 5}, as_=agent)
    assert [each["content"] for each in listed["data"][0]["messages"]] == words[-5:]
    exported = await call("contact-export", as_=account.org.agent(), json={"identity": f"+{number}"})
    assert [each["content"] for each in exported.json()["messages"]] == words[::-1]
    wamid = told[-1]["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    await tell(account.text(number, id="wamid.gone", type="revoke", revoke={"original_message_id": wamid}))
    assert rows("SELECT last_message FROM chats WHERE id = %s", chat) == [(words[-2],)]


async def test_messages_queued_in_one_transaction_go_out_in_their_order(*, number, chat_with, tx_as, deliver, graph):
    chat = await chat_with(number)
    sql = "SELECT app.queue_message(jsonb_build_object('chat_id', %(chat)s::text, 'content', %(text)s::text,"
    sql += " 'message_type', 'text'), jsonb_build_object('content',"
    sql += " jsonb_build_object('type', 'text', 'body', %(text)s::text)))"
    words = [f"word {each:02}" for each in range(4)]
    async with tx_as(number.org.agent()) as tx:
        for word in words:
            await tx.run(sql, chat=str(chat), text=word)
    await deliver()
    assert [each.content["body"] for each in graph.sent(number.meta)] == words


async def test_a_repeated_delivery_does_not_restore_an_erased_person(tell, account, call, rows):
    wrote = account.text(body="hello")
    number = wrote["entry"][0]["changes"][0]["value"]["messages"][0]["from"]
    await tell(wrote)
    erased = await call(
        "contact-erase", as_=account.org.agent(), json={"identity": f"+{number}", "without_export": True}
    )
    assert (erased.status_code, erased.json()["messages"]) == (200, 1), erased.text
    await tell(wrote)
    for table in ("messages", "chats", "customers"):
        assert rows(f"SELECT count(*) FROM {table} WHERE organization_id = %s", account.org.id) == [(0,)]


async def test_the_address_book_of_a_phone_is_not_kept(tell, account, rows):
    person = {"type": "contact", "contact": {"full_name": "Mona", "phone_number": "201012345678"}, "action": "add"}
    await tell(account.change({"state_sync": [person]}, field="smb_app_state_sync"))
    kept = "SELECT details::text LIKE '%%Mona%%' FROM channel_accounts WHERE organization_id = %s"
    assert rows(kept, account.org.id) == [(False,)]
    told = rows("SELECT payload, known_as FROM channel_events WHERE organization_id = %s", account.org.id)
    assert told == [({"field": "smb_app_state_sync", "people": 1}, None)]
    texts = "SELECT concat_ws(' ', told.*::text) FROM channel_events AS told WHERE organization_id = %s"
    assert not any(word in row for (row,) in rows(texts, account.org.id) for word in ("Mona", "201012345678"))


async def test_a_reaction_stands_until_it_is_replaced_or_taken_back(tell, account, rows):
    wrote = account.text()
    wamid = wrote["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    now = int(time.time()) - 30

    def react(emoji: str, at: int) -> Any:
        return account.text(
            id=f"wamid.r{at}", timestamp=str(now + at), type="reaction", reaction={"message_id": wamid, "emoji": emoji}
        )

    shown = "SELECT coalesce(jsonb_path_query_array(reactions, '$[*].emoji'), '[]') FROM messages"
    await tell(react("❤", 2), react("👍", 1), wrote)
    assert rows(f"{shown} WHERE platform_message_id = %s", wamid) == [(["❤"],)]
    await tell(react("", 3))
    assert rows(f"{shown} WHERE platform_message_id = %s", wamid) == [([],)]


async def test_history_opens_no_window_costs_nothing_and_wakes_nobody(tell, account, rows, used):
    past = {"from": NUMBER, "id": "wamid.past", "timestamp": str(int(time.time()) - 60), "type": "text"}
    thread = {"id": NUMBER, "messages": [{**past, "text": {"body": "old"}, "history_context": {"status": "READ"}}]}
    chunk = {"metadata": {"phase": 1, "chunk_order": 2, "progress": 55}, "threads": [thread]}
    await tell(account.change({"history": [chunk]}, field="history"))
    chat = rows(
        "SELECT last_inbound_at, unread_count, last_message FROM chats WHERE organization_id = %s", account.org.id
    )
    assert chat == [(None, 0, "old")]
    told = rows(
        "SELECT count(*) FROM outbox WHERE organization_id = %s AND topic = 'messages.received'", account.org.id
    )
    assert (told, used(account.org)) == ([(0,)], 0)


async def test_a_message_written_in_the_page_is_shown_and_not_counted(tell, connect, org, rows, used):
    page = connect(org, "facebook")
    echo = page.item(
        page.external_id, recipient={"id": "777"}, message={"mid": "m_1", "text": "from the page", "is_echo": True}
    )
    await tell(echo)
    assert rows("SELECT content, direction, origin, status FROM messages WHERE organization_id = %s", org.id) == [
        ("from the page", "outbound", "channel", "sent")
    ]
    assert used(org) == 0


async def test_a_full_plan_of_contacts_keeps_the_message_without_one(tell, connect, tenants, rows):
    org = tenants.org("free")
    account = connect(org)
    with tenants.database() as db:
        db.execute(
            "INSERT INTO customers (organization_id, first_name) SELECT %s, 'c' || n FROM generate_series(1, 50) AS n",
            (org.id,),
        )
    await tell(account.text())
    assert rows("SELECT customer_id, unread_count FROM chats WHERE organization_id = %s", org.id) == [(None, 1)]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}, "blocked"),
        ({"event": "PARTNER_REMOVED"}, "disconnected"),
        ({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT"}}, "connected"),
    ],
)
async def test_news_of_the_account_stops_its_channels_and_tells_once(tell, account, rows, value, status):
    body = account.entry({"changes": [{"field": "account_update", "value": value}]})
    await tell(body, {**body, "again": True})
    assert rows("SELECT status FROM channel_accounts WHERE id = %s", account.id) == [(status,)]
    told = rows("SELECT topic FROM outbox WHERE organization_id = %s AND topic LIKE 'channels.%%'", account.org.id)
    assert told == ([(f"channels.{status}",)] if status != "connected" else [])


async def test_a_read_watermark_moves_what_was_sent_before_it(*, call, tell, joined, org, chat_with, rows):
    page = await joined(org, "facebook")
    chat = await chat_with(page, "555001")
    told = (await call("facebook-send-message", as_=org.agent(), json={"chat_id": chat, "message": "hi"})).json()
    assert told["delivery"] == "accepted", told
    until = int(time.time() * 1000) + 1000
    await tell(page.item("555001", read={"watermark": until}))
    assert rows("SELECT status FROM messages WHERE id = %s", told["id"]) == [("read",)]


async def test_seven_days_are_for_people_only_on_messenger(*, call, graph, joined, org, chat_with, age):
    page = await joined(org, "facebook")
    chat = await chat_with(page, "555002")
    age(org, hours=30)
    asked = {"chat_id": chat, "message": "hi"}
    agent = await call("facebook-send-message", as_=org.agent(), json=asked)
    person = await call("facebook-send-message", as_=org.owner, json=asked)
    assert (agent.json()["error"], person.json().get("delivery")) == ("window_closed", "accepted"), person.text
    assert graph.received("messages")[-1].body["tag"] == "HUMAN_AGENT"


async def test_a_body_that_cannot_be_read_spoils_no_other(post, process, account, monkeypatch, rows):
    from shared.domain.messaging.inbox import effects  # noqa: PLC0415

    honest = effects._message

    async def fails_on_poison(tx, channel, event):
        if event.content.text == "poison":
            raise KeyError("poison")
        await honest(tx, channel, event)

    monkeypatch.setitem(effects._EFFECTS, InboundMessage, fails_on_poison)
    for text in ("before", "poison", "after"):
        await post(account.text(body=text))
    told = await process()
    assert (told["bodies"], told["set_aside"]) == (3, 1)
    kept = rows("SELECT content FROM messages WHERE organization_id = %s ORDER BY 1", account.org.id)
    assert kept == [("after",), ("before",)]
    assert rows("SELECT count(*) FROM webhook_inbox WHERE processed_at IS NULL") == [(0,)]


@pytest.mark.parametrize(("wa_id", "known"), [("551187654321", "+5511987654321"), ("5215512345678", "+525512345678")])
async def test_the_old_form_of_a_number_finds_the_contact_of_the_new_form(
    *, tell, account, people, rows, tenants, wa_id, known
):
    with tenants.database() as db:
        db.execute("INSERT INTO customers (organization_id, phone_number) VALUES (%s, %s)", (account.org.id, known))
    await tell(account.text(wa_id))
    assert people(account.org)[0] == 1
    assert rows("SELECT phone_number FROM customers WHERE organization_id = %s", account.org.id) == [(known,)]
