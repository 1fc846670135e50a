"""POST /functions/v1/whatsapp-send-message."""

import asyncio
import uuid

import pytest

from shared.domain.messaging.delivery import sending

TEXT = {"message": "أهلا وسهلا"}
INVISIBLE = [
    ({"message": "\u200b"}, "message"),
    ({"message": " \u2063\ufe0f"}, "message"),
    ({"content": {"type": "text", "body": "\u3164"}}, "body"),
    ({"content": {"type": "image", "id": "1", "caption": "\u200d"}}, "caption"),
]


async def test_200_sends_a_text_at_once_and_follows_its_statuses(*, call, heard, graph, number, chat_with, used):
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


async def test_statuses_only_move_a_message_forward_and_keep_its_price(call, tell, number, chat_with, rows):
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


async def test_200_with_the_same_idempotency_key_sends_once(call, graph, number, chat_with, used):
    chat, agent = await chat_with(number), number.org.agent()
    asked = {"as_": agent, "json": {"chat_id": chat, **TEXT}, "headers": {"Idempotency-Key": uuid.uuid4().hex}}
    first, second = await call("whatsapp-send-message", **asked), await call("whatsapp-send-message", **asked)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert (len(graph.sent(number.meta)), used(number.org)) == (1, 1)


async def test_409_outside_the_window_names_the_approved_templates(*, call, graph, number, chat_with, age, used):
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
async def test_200_returns_what_each_refusal_of_meta_means(
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


async def test_200_settles_a_timeout_by_its_status_and_never_sends_again(
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


async def test_200_sends_a_lost_message_once_more_and_never_a_third_time(
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


async def test_200_keeps_the_queue_of_a_disconnected_channel(*, call, graph, deliver, number, chat_with, rows, tenants):
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
    assert (await deliver())["accepted"] >= 1


async def test_403_on_the_free_plan_and_at_the_limit_of_the_month(call, number, chat_with, tenants, graph):
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


@pytest.mark.parametrize(("asked", "field"), INVISIBLE)
async def test_422_for_invisible_text(*, call, graph, number, chat_with, used, asked, field):
    body = {"chat_id": await chat_with(number), **asked}
    answer = await call("whatsapp-send-message", as_=number.org.agent(), json=body)
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", field)
    assert (graph.sent(number.meta), used(number.org)) == ([], 0)


async def test_404_for_the_conversation_of_another_organization(*, call, graph, number, chat_with, other_org):
    body = {"chat_id": await chat_with(number), **TEXT}
    answer = await call("whatsapp-send-message", as_=other_org.agent(), json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert graph.sent(number.meta) == []


async def test_403_for_an_agent_that_may_only_read(call, graph, number, chat_with):
    body = {"chat_id": await chat_with(number), **TEXT}
    answer = await call("whatsapp-send-message", as_=number.org.agent("read"), json=body)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert graph.sent(number.meta) == []
