"""Sending: the intent, the call, the outcome, and what is refused before anything leaves."""

import asyncio
import re
import uuid

import pytest

from shared.domain.messaging.delivery import sending
from shared.kernel.errors import Refusal

pytestmark = pytest.mark.anyio
TEXT = {"message": "أهلا وسهلا"}


async def test_200_a_text_goes_out_at_once_and_its_statuses_follow(*, call, heard, graph, number, chat_with, used):
    chat = await chat_with(number)
    agent = number.org.agent()
    asked = {"chatId": chat, "organizationId": str(number.org.id), **TEXT}
    answer = await call("whatsapp-send-message", as_=agent, json=asked)
    told = answer.json()
    assert (answer.status_code, told["status"], told["delivery"], told["error"]) == (200, "queued", "accepted", None)
    (sent,) = graph.sent(number.meta)
    assert (sent.text, sent.opaque, sent.message_id) == (TEXT["message"], told["id"], told["platform_message_id"])
    await heard()
    assert used(number.org) == 1


async def test_200_returns_the_state_and_404_for_messages_of_others(*, call, number, chat_with, other_org, rows, heard):
    chat = await chat_with(number)
    sent = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    await heard()
    answer = await call("whatsapp-reply-status", as_=number.org.agent("read"), json={"messageId": sent["id"]})
    told = answer.json()
    assert (answer.status_code, told["id"], told["delivery"], told["status"]) == (
        200,
        sent["id"],
        "delivered",
        "delivered",
    )
    ((inbound,),) = rows("SELECT id::text FROM messages WHERE chat_id = %s AND direction = 'inbound'", chat)
    for caller, message_id in ((other_org.agent(), sent["id"]), (number.org.agent(), inbound)):
        answer = await call("whatsapp-reply-status", as_=caller, json={"message_id": message_id})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


CAMEL = [
    ("whatsapp-send-template", {"chatId": 1, "templateName": "order_update", "language": "ar", "components": []}),
    ("whatsapp-send-template", {"phoneNumber": "+201012345678", "templateName": "x", "language": "ar", "channelId": 2}),
    ("whatsapp-get-templates", {"channelId": 2, "onlyApproved": "false"}),
    ("mark-as-read", {"chatId": 1, "unread": True}),
    ("conversation-archive", {"chatId": 1, "isArchived": False}),
    ("conversation-assign", {"chatId": 1, "assignedTo": None}),
]


@pytest.mark.parametrize(("function", "asked"), CAMEL)
async def test_names_are_read_in_either_case_and_another_organization_is_absent(
    *, call, number, chat_with, other_org, function, asked
):
    ids = {1: await chat_with(number), 2: str(number.id)}
    camel = {name: ids[value] if type(value) is int else value for name, value in asked.items()}
    snake = {re.sub("([A-Z])", lambda found: f"_{found[1].lower()}", name): value for name, value in camel.items()}
    get = function == "whatsapp-get-templates"

    async def send(body):
        sent = {"method": "GET", "params": body} if get else {"json": body}
        answer = await call(function, as_=number.org.agent(), **sent)
        return answer.status_code, answer.json().get("error")

    told = [
        await send({**body, name: str(number.org.id)})
        for body, name in ((camel, "organizationId"), (snake, "organization_id"))
    ]
    assert told[0] == told[1]
    assert told[0][0] != 422, told
    assert await send({**camel, "organizationId": str(other_org.id)}) == (404, "not_found")


async def test_statuses_move_the_message_forward_only_and_keep_what_it_cost(call, tell, number, chat_with, rows):
    chat = await chat_with(number)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    wamid = told["platform_message_id"]
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
    await tell(number.status(wamid, "read", at=2))
    await tell(number.status(wamid, "delivered", at=1, pricing=pricing), number.status(wamid, "sent", pricing=pricing))
    (row,) = rows(
        "SELECT message.status, delivery.state, delivery.pricing FROM messages AS message JOIN message_deliveries AS"
        " delivery ON delivery.message_id = message.id WHERE message.id = %s",
        told["id"],
    )
    assert row == ("read", "read", {"billable": True, "model": "PMP", "type": "regular", "category": "service"})


async def test_the_same_key_sends_once_and_gets_the_first_answer(call, graph, number, chat_with, used):
    chat, agent = await chat_with(number), number.org.agent()
    asked = {"as_": agent, "json": {"chat_id": chat, **TEXT}, "headers": {"Idempotency-Key": uuid.uuid4().hex}}
    first, second = await call("whatsapp-send-message", **asked), await call("whatsapp-send-message", **asked)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (len(graph.sent(number.meta)), used(number.org)) == (1, 1)


@pytest.mark.parametrize(
    ("function", "asked", "field"),
    [
        ("whatsapp-send-message", {"message": "\u200b"}, "message"),
        ("whatsapp-send-message", {"message": " \u2063\ufe0f"}, "message"),
        ("whatsapp-send-message", {"content": {"type": "text", "body": "\u3164"}}, "body"),
        ("whatsapp-send-message", {"content": {"type": "image", "id": "1", "caption": "\u200d"}}, "caption"),
        ("facebook-send-message", {"message": "\u200b"}, "message"),
        ("instagram-send-message", {"message": "\u2800"}, "message"),
    ],
)
async def test_422_for_a_message_that_nobody_can_see(*, call, graph, number, chat_with, used, function, asked, field):
    answer = await call(function, as_=number.org.agent(), json={"chat_id": await chat_with(number), **asked})
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", field)
    assert (graph.sent(number.meta), used(number.org)) == ([], 0)


async def test_422_for_a_template_or_a_reaction_with_what_nobody_can_see(*, call, graph, number, chat_with, rows):
    chat, agent = await chat_with(number), number.org.agent()
    ((inbound,),) = rows("SELECT id::text FROM messages WHERE chat_id = %s", chat)
    filled = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "\u200b"}]}]
    template = {"chat_id": chat, "template_name": "order_update", "language": "ar", "components": filled}
    reaction = {"message_id": inbound, "emoji": "\ufe0f"}
    for function, asked, field in (
        ("whatsapp-send-template", template, "text"),
        ("whatsapp-send-reaction", reaction, "emoji"),
    ):
        answer = await call(function, as_=agent, json=asked)
        told = answer.json()
        assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", field)
    assert graph.sent(number.meta) == []


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
async def test_a_reaction_that_was_taken_is_sent_and_goes_out_once(
    *, call, graph, joined, org, other_org, chat_with, rows, age, deliver, platform
):
    """Meta's answer to it names no message, and nothing more is told of it."""
    page, theirs = await joined(org, platform), await joined(other_org, platform)
    chat, other_chat = await chat_with(page, "998877"), await chat_with(theirs, "998877")
    ((inbound,),) = rows("SELECT platform_message_id FROM messages WHERE chat_id = %s", chat)
    for emoji, shown in (("❤️", ["❤️"]), ("", [])):
        content = {"type": "reaction", "message_id": inbound, "emoji": emoji}
        answer = await call(f"{platform}-send-message", as_=org.agent(), json={"chat_id": chat, "content": content})
        assert (answer.status_code, answer.json()["delivery"]) == (200, "sent"), answer.text
        state = "SELECT m.status, d.state, d.attempts FROM messages m JOIN message_deliveries d ON d.message_id = m.id"
        assert rows(state + " WHERE m.id = %s", answer.json()["id"]) == [("sent", "sent", 1)]
        ((kept,),) = rows("SELECT reactions FROM messages WHERE platform_message_id = %s", inbound)
        assert [each["emoji"] for each in kept or []] == shown
        age(org, hours=1)
        await deliver()
        assert rows(state + " WHERE m.id = %s", answer.json()["id"]) == [("sent", "sent", 1)]
    assert rows("SELECT coalesce(reactions, '[]') FROM messages WHERE chat_id = %s", other_chat) == [([],)]


async def test_the_database_queues_nothing_that_nobody_can_see(number, chat_with, tx_as):
    chat = await chat_with(number)
    sql = "SELECT app.queue_message(jsonb_build_object('chat_id', %(chat)s::text, 'content', %(text)s::text,"
    sql += " 'message_type', 'text'), '{}')"
    with pytest.raises(Refusal) as refused:
        async with tx_as(number.org.agent()) as tx:
            await tx.run(sql, chat=str(chat), text="\u200b")
    assert (refused.value.code, refused.value.details["field"]) == ("invisible_text", "content")


async def test_409_outside_the_window_with_the_templates_that_would_go(*, call, graph, number, chat_with, age, used):
    chat, agent = await chat_with(number), number.org.agent()
    await call("whatsapp-get-templates", method="GET", as_=agent)
    age(number.org, hours=25)
    answer = await call("whatsapp-send-message", as_=agent, json={"chat_id": chat, **TEXT})
    told = answer.json()
    assert (answer.status_code, told["error"]) == (409, "window_closed")
    assert told["templates"] == [{"name": "order_update", "language": "ar", "category": "UTILITY"}]
    assert (graph.sent(number.meta), used(number.org)) == ([], 0)
    body = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "ORD-1"}]}]
    asked = {"chat_id": chat, "template_name": "order_update", "language": "ar", "components": body}
    sent = await call("whatsapp-send-template", as_=agent, json=asked)
    assert (sent.status_code, sent.json()["delivery"]) == (200, "accepted")


async def test_200_starts_a_conversation_that_the_customers_answer_joins(call, tell, number, rows):
    body = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "ORD-1"}]}]
    asked = {"phone_number": "+201155556666", "template_name": "order_update", "language": "ar", "components": body}
    answer = await call("whatsapp-send-template", as_=number.org.agent(), json=asked)
    assert answer.json()["delivery"] == "accepted", answer.text
    await tell(number.text("201155556666"))
    assert rows("SELECT id::text FROM chats WHERE organization_id = %s", number.org.id) == [(answer.json()["chat_id"],)]


@pytest.mark.parametrize(
    ("fault", "state", "error", "units"),
    [
        ("131026", "failed", "recipient", 0),
        ("100", "failed", "content", 0),
        ("131047", "failed", "needs_template", 0),
        ("131049", "failed", "do_not_market", 0),
        ("429", "queued", "retry", 1),
        ("500", "queued", "retry", 1),
        ("131056", "queued", "retry_pair", 1),
        ("timeout", "unknown", "unknown", 1),
        ("truncated", "unknown", "unknown", 1),
        ("reset", "unknown", "unknown", 1),
        ("190", "queued", "reconnect", 1),
        ("131031", "queued", "blocked", 1),
        ("held", "held", None, 1),
    ],
)
async def test_each_refusal_means_what_the_facts_say(
    *, call, graph, number, chat_with, used, fault, state, error, units
):
    chat = await chat_with(number)
    graph.fail(fault, account=number.meta)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    assert (told["delivery"], (told["error"] or {}).get("kind")) == (state, error)
    assert used(number.org) == units


async def test_200_returns_early_while_meta_hangs_and_still_sends(*, call, graph, number, chat_with, rows, monkeypatch):
    monkeypatch.setattr(sending, "ANSWERED_AFTER_S", 0.2)
    chat = await chat_with(number)
    graph.fail("slow", account=number.meta)
    answer = await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})
    told = answer.json()
    assert (answer.status_code, told["status"], told["delivery"]) == (200, "queued", "sending")
    async with asyncio.timeout(20):
        while rows("SELECT state FROM message_deliveries WHERE message_id = %s", told["id"]) == [("sending",)]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert len(graph.sent(number.meta)) == 1


async def test_a_timeout_is_settled_by_the_status_and_never_sent_again(
    *, call, graph, heard, deliver, number, chat_with, age, rows
):
    chat = await chat_with(number)
    graph.fail("timeout", account=number.meta)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    assert (told["delivery"], told["platform_message_id"]) == ("unknown", None)
    await heard()
    age(number.org, hours=1)
    await deliver()
    assert len(graph.sent(number.meta)) == 1
    ((state, wamid),) = rows(
        "SELECT delivery.state, message.platform_message_id FROM message_deliveries AS delivery JOIN messages AS"
        " message ON message.id = delivery.message_id WHERE message.id = %s",
        told["id"],
    )
    assert (state in {"sent", "delivered"}, wamid) == (True, graph.sent(number.meta)[0].message_id)


async def test_what_nobody_heard_of_is_sent_once_more_and_never_a_third_time(
    *, call, graph, deliver, number, chat_with, age, rows, used
):
    chat = await chat_with(number)
    graph.fail("lost", times=5, account=number.meta)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    for _ in range(3):
        age(number.org, mins=30)
        await deliver()
    assert len(graph.received(f"{number.external_id}/messages")) == 2
    ((state, attempts),) = rows("SELECT state, attempts FROM message_deliveries WHERE message_id = %s", told["id"])
    assert (state, attempts, used(number.org)) == ("unknown", 2, 1)


async def test_a_disconnected_channel_keeps_its_queue_and_tells_once(
    *, call, graph, deliver, number, chat_with, rows, tenants
):
    chats = [await chat_with(number, f"20101234567{n}") for n in range(2)]
    agent = number.org.agent()
    graph.fail("190", account=number.meta)
    first = await call("whatsapp-send-message", as_=agent, json={"chat_id": chats[0], **TEXT})
    second = await call("whatsapp-send-message", as_=agent, json={"chat_id": chats[1], **TEXT})
    await deliver()
    assert (first.json()["delivery"], second.json()["error"]) == ("queued", "channel_not_connected")
    told = rows("SELECT topic FROM outbox WHERE organization_id = %s AND topic LIKE 'channels.%%'", number.org.id)
    assert told == [("channels.disconnected",)]
    with tenants.database() as db:
        db.execute("UPDATE channel_accounts SET status = 'connected' WHERE id = %s", (number.id,))
    assert (await deliver())["accepted"] == 1


async def test_403_for_the_free_plan_and_at_the_months_last_message(call, number, chat_with, tenants, graph):
    chat, agent = await chat_with(number), number.org.agent()
    with tenants.database() as db:
        db.execute(
            "INSERT INTO usage_counters SELECT %s, 'messages', period, 5000 FROM unnest(ARRAY['total', to_char(now() at"
            " time zone 'Africa/Cairo', 'YYYY-MM')]) AS period",
            (number.org.id,),
        )
    answer = await call("whatsapp-send-message", as_=agent, json={"chat_id": chat, **TEXT})
    assert (answer.status_code, answer.json()["error"], answer.json()["limit"]) == (403, "plan_limit_exceeded", 5000)
    with tenants.database() as db:
        db.execute("UPDATE organizations SET plan_code = 'free' WHERE id = %s", (number.org.id,))
    answer = await call("whatsapp-send-message", as_=agent, json={"chat_id": chat, **TEXT})
    assert (answer.status_code, answer.json()["error"]) == (403, "plan_limit_exceeded")
    assert "Starter" in answer.json()["upgrade"]
    assert graph.sent(number.meta) == []


async def test_409_on_another_channel_names_the_function_of_that_one(call, number, chat_with):
    chat = await chat_with(number)
    answer = await call("facebook-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})
    told = answer.json()
    assert (answer.status_code, told["error"], told["platform"]) == (409, "wrong_channel", "whatsapp")
    assert told["use"] == "whatsapp-send-message"
    assert told["message"].endswith(": call whatsapp-send-message")
