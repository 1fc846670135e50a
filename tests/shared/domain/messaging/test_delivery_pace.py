"""How fast messages go out: a burst waits here, place after place, instead of being refused by Meta."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from shared.domain.messaging.delivery import sending
from shared.kernel.clock import utc_now
from shared.runtime.postgres import leases

pytestmark = pytest.mark.anyio
TEXT = {"message": "أهلا"}
A_SECOND = 40


@pytest.fixture
def queue(tenants):
    """Provide `queue(account, chats=3, each=2)`: so many conversations with so many messages that wait in each."""

    def insert(account, *, chats=1, each=1):
        with tenants.database() as database:
            database.execute(
                """
                WITH chat AS (
                  INSERT INTO chats (organization_id, platform, channel_id, platform_chat_id, contact_platform_id,
                    last_inbound_at)
                  SELECT %(org)s, 'whatsapp', %(channel)s, '2015901' || n, '2015901' || n, now()
                  FROM generate_series(10001, 10000 + %(chats)s) AS n
                  RETURNING id
                ), message AS (
                  INSERT INTO messages (organization_id, chat_id, content, direction, message_type, status, sender_type)
                  SELECT %(org)s, chat.id, 'hi', 'outbound', 'text', 'queued', 'agent'
                  FROM chat, generate_series(1, %(each)s)
                  RETURNING id, chat_id
                )
                INSERT INTO message_deliveries (organization_id, message_id, channel_id, chat_id, request)
                SELECT %(org)s, id, %(channel)s, chat_id, '{"content": {"type": "text", "body": "hi"}}' FROM message
                """,
                {"org": account.org.id, "channel": account.id, "chats": chats, "each": each},
            )

    return insert


@pytest.fixture
def states(rows):
    def count(account):
        return dict(
            rows("SELECT state, count(*) FROM message_deliveries WHERE channel_id = %s GROUP BY state", account.id)
        )

    return count


@pytest.fixture
def places(rows):
    """Return when each message that was handed over had its place, in their order."""

    def read(account):
        found = rows(
            "SELECT next_attempt_at FROM message_deliveries WHERE channel_id = %s AND state <> 'queued' ORDER BY 1",
            account.id,
        )
        return [at for (at,) in found]

    return read


@pytest.fixture
def book(tenants):
    """Provide `book(account, seconds)`: all places of the number are taken for so long."""

    def insert(account, seconds):
        with tenants.database() as database:
            database.execute(
                "INSERT INTO channel_paces VALUES (%s, %s, now() + make_interval(secs => %s))",
                (account.org.id, account.id, seconds),
            )

    return insert


async def test_several_workers_together_keep_to_the_pace_of_the_number(
    *, number, graph, queue, states, deliver, places, tenants
):
    number.meta.messages_per_s = A_SECOND + 10
    with tenants.database() as database:
        database.execute("UPDATE channel_accounts SET messages_per_second = %s WHERE id = %s", (A_SECOND, number.id))
    queue(number, chats=A_SECOND * 3 // 2)
    try:
        await asyncio.gather(deliver(), deliver(), sending.deliver_due(request_id="another", for_s=20))
    finally:
        await leases.close()
    assert states(number) == {"accepted": 60}
    assert [one.fault for one in graph.received(f"{number.external_id}/messages")] == [None] * 60
    apart = [later - sooner for sooner, later in pairwise(places(number))]
    assert min(apart) >= timedelta(seconds=1) / A_SECOND


async def test_one_person_gets_a_burst_and_then_one_message_in_six_seconds(
    *, number, graph, queue, states, deliver, age, places
):
    queue(number, each=60)
    await deliver()
    burst, left = places(number), states(number)["queued"]
    # However long sending took: the 45th waits for six seconds after the first, the 46th for twelve.
    assert len(burst) >= 44
    for ahead in range(44, len(burst)):
        assert burst[ahead] - burst[0] >= timedelta(seconds=6) * (ahead - 43)
    age(number.org, secs=6)
    await deliver()
    assert 0 < states(number)["queued"] < left
    assert {one.fault for one in graph.received(f"{number.external_id}/messages")} == {None}


async def test_a_caller_who_would_wait_long_gets_the_time_at_once(
    *, call, number, graph, chat_with, book, age, deliver
):
    chat = await chat_with(number)
    book(number, 30)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    assert (told["delivery"], told["status"], told["error"]) == ("queued", "queued", None)
    assert utc_now() < datetime.fromisoformat(told["not_before"]) < utc_now() + timedelta(seconds=30)
    assert graph.sent(number.meta) == []
    age(number.org, secs=30)
    await deliver()
    assert [line.opaque for line in graph.sent(number.meta)] == [told["id"]]


async def test_a_queue_that_may_not_go_on_holds_nobody_else_up(
    *, number, joined, other_org, queue, book, deliver, states
):
    other = await joined(other_org)
    queue(number, chats=sending.AT_ONCE + 10)
    book(number, 60)
    queue(other, chats=3)
    await deliver()
    assert (states(number), states(other)) == ({"queued": sending.AT_ONCE + 10}, {"accepted": 3})


async def test_messages_with_a_waiting_caller_are_sent_first(*, call, number, queue, book, states, chat_with):
    queue(number, chats=80)
    chat = await chat_with(number)
    book(number, sending.AHEAD_S)
    told = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    assert (told["delivery"], states(number)) == ("accepted", {"accepted": 1, "queued": 80})


async def test_meta_says_how_fast_a_number_may_be(*, tell, number, rows):
    quality = {"display_phone_number": "201000000000", "event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"}
    await tell(number.entry({"changes": [{"field": "phone_number_quality_update", "value": quality}]}))
    assert rows("SELECT messages_per_second FROM channel_accounts WHERE id = %s", number.id) == [(1000,)]
