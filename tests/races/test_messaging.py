"""Many at once: copies of one webhook, workers on one inbox, senders at the month's last message."""

import asyncio

import httpx
import pytest

from shared.auth.webhooks import sign_meta
from tests.support.graph import APP_SECRET

pytestmark = pytest.mark.anyio
COPIES = 5000
CLIENTS = 50


async def test_five_thousand_copies_of_one_webhook_are_one_message(base_url, process, account, rows):
    raw = httpx.Request("POST", "http://x", json=account.text()).content
    headers = {"X-Hub-Signature-256": sign_meta(raw, APP_SECRET)}

    async def client() -> list[int]:
        async with httpx.AsyncClient(base_url=base_url, timeout=60) as sender:
            return [
                (await sender.post("/functions/v1/meta-webhook", content=raw, headers=headers)).status_code
                for _ in range(COPIES // CLIENTS)
            ]

    answers = await asyncio.gather(*(client() for _ in range(CLIENTS)))
    assert {status for each in answers for status in each} == {200}
    await process()
    assert rows("SELECT count(*) FROM messages WHERE organization_id = %s", account.org.id) == [(1,)]


async def test_concurrent_first_messages_make_one_conversation_and_contact(post, process, call, number, rows):
    sender = "201177778888"
    bodies = [number.text(sender, body=f"first {n}") for n in range(40)]
    template = {"phone_number": f"+{sender}", "template_name": "order_update", "language": "ar"}
    words = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "ORD-1"}]}]
    asked = {"as_": number.org.agent(), "json": {**template, "components": words}}
    await asyncio.gather(*(post(body) for body in bodies))
    await asyncio.gather(*(process() for _ in range(6)), *(call("whatsapp-send-template", **asked) for _ in range(4)))
    await process()
    org = number.org.id
    assert rows("SELECT count(*), max(unread_count) FROM chats WHERE organization_id = %s", org) == [(1, 40)]
    assert rows("SELECT count(*) FROM customers WHERE organization_id = %s", org) == [(1,)]
    sent = rows("SELECT direction, count(*) FROM messages WHERE organization_id = %s GROUP BY 1 ORDER BY 1", org)
    assert sent == [("inbound", 40), ("outbound", 4)]


async def test_the_months_last_messages_go_out_once_each_and_none_beyond(
    *, call, number, chat_with, tenants, graph, used
):
    chats = [await chat_with(number, f"2010555500{n:02}") for n in range(12)]
    agent = number.org.agent()
    with tenants.database() as db:
        db.execute(
            "INSERT INTO usage_counters SELECT %s, 'messages', period, 4995 FROM unnest(ARRAY['total', to_char(now() at"
            " time zone 'Africa/Cairo', 'YYYY-MM')]) AS period",
            (number.org.id,),
        )
    asked = [call("whatsapp-send-message", as_=agent, json={"chat_id": chat, "message": "hi"}) for chat in chats]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [403] * 7
    assert (len(graph.sent(number.meta)), used(number.org)) == (5, 5000)


async def test_two_workers_never_send_one_message_twice(*, call, deliver, number, chat_with, graph, tenants):
    chats = [await chat_with(number, f"2010666600{n:02}") for n in range(10)]
    with tenants.database() as db:
        db.execute("UPDATE channel_accounts SET held_until = now() + interval '1 hour' WHERE id = %s", (number.id,))
    agent = number.org.agent()
    for chat in chats:
        for turn in range(2):
            told = await call("whatsapp-send-message", as_=agent, json={"chat_id": chat, "message": f"turn {turn}"})
            assert told.json()["delivery"] == "queued"
    with tenants.database() as db:
        db.execute("UPDATE channel_accounts SET held_until = NULL WHERE id = %s", (number.id,))
    await asyncio.gather(*(deliver() for _ in range(4)))
    await deliver()
    sent = graph.sent(number.meta)
    assert (len(sent), len({line.opaque for line in sent})) == (20, 20)
    for customer in {line.customer_id for line in sent}:
        assert [line.text for line in sent if line.customer_id == customer] == ["turn 0", "turn 1"]
