"""Every recorded webhook, through the door: what becomes of it, once, twice, in any order, beside another tenant."""

import random
import re
import time
from collections import Counter

import pytest

from shared.providers.meta.events import PostbackEvent, StatusUpdate
from shared.providers.meta.intake import parse
from tests.support.webhooks import recorded

pytestmark = pytest.mark.anyio
KINDS = recorded()
NOT_FOR_A_CHANNEL = {"messenger/permissions"}
"""Names no page: kept in the inbox alone."""
PICTURE = {
    "chats": "platform, platform_chat_id, contact_name, contact_phone, last_message, unread_count, is_archived,"
    " last_inbound_at, referral, entry_point_at, delivered_until, read_until, marketing_stopped_at, merged_into",
    "messages": "content, message_type, direction, status, sender_type, platform_message_id, timestamp, origin,"
    " reply_to, details, reactions, edited_at, deleted_at, error",
    "message_events": "dedup_key, platform_message_id, message_id IS NULL, kind, value, author, occurred_at, details",
    "channel_events": "dedup_key, name, chat_id IS NULL",
    "channel_accounts": "platform, status, status_reason",
    "channel_identities": "kind, value, superseded_at",
    "customers": "first_name, phone_number",
    "customer_identities": "kind, value",
    "media": "kind, status, file_name",
}
WHERE_IT_GOES = {
    "InboundMessage": "messages",
    "EchoMessage": "messages",
    "HistoryMessage": "messages",
    "StatusUpdate": "message_events",
    "ReactionEvent": "message_events",
    "EditEvent": "message_events",
    "DeleteEvent": "message_events",
}
DIGEST = re.compile("[0-9a-f]{32}")
"""Stands for an event that has no id of its own, and holds the account's."""


@pytest.fixture
def picture(rows):
    """Return all that an organization has, without what differs between two that were told the same."""

    def take(account):
        seen = {}
        for table, columns in PICTURE.items():
            found = rows(f"SELECT {columns} FROM {table} WHERE organization_id = %s", account.org.id)
            told = [repr(row).replace(account.external_id, "ACCOUNT").replace(account.waba_id, "WABA") for row in found]
            seen[table] = sorted(DIGEST.sub("DIGEST", each) for each in told)
        return seen

    return take


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_each_kind_takes_effect_once_although_sent_several_times(*, tell, connect, org, other_org, picture, kind):
    once, often = connect(org, kind.channel), connect(other_org, kind.channel)
    at = int(time.time()) - 60
    body = [kind.body_for(each.external_id, each.waba_id, at=at, unique="u") for each in (once, often)]
    # Not only the same bytes, which the inbox drops by itself: the same events in other bodies.
    await tell(body[0])
    await tell(body[1], body[1], body[1] + b" ")
    await tell(body[1] + b"  ")
    assert picture(once) == picture(often)
    if kind.name in NOT_FOR_A_CHANNEL:
        return
    events = parse(body[0])
    counted = Counter(WHERE_IT_GOES.get(type(event).__name__, "channel_events") for event in events)
    taps = sum(isinstance(event, PostbackEvent) and event.opens_window for event in events)
    unnamed = sum(isinstance(event, StatusUpdate) and event.message_id is None for event in events)
    found = {table: len(picture(once)[table]) for table in ("messages", "message_events", "channel_events")}
    assert found == {
        "messages": counted["messages"] + taps,
        "message_events": counted["message_events"] - unnamed,
        # Until when somebody has read waits here for the conversation with them.
        "channel_events": counted["channel_events"] - taps + unnamed,
    }


@pytest.mark.parametrize(("read_at_once", "seed"), [(1, 7), (40, 8)])
@pytest.mark.parametrize("channel", ["whatsapp", "facebook", "instagram"])
async def test_all_kinds_shuffled_and_twice_make_what_they_make_in_order(
    *, post, process, tell, connect, org, other_org, picture, channel, read_at_once, seed
):
    kinds = [kind for kind in KINDS if kind.channel == channel and kind.name not in NOT_FOR_A_CHANNEL]
    once, often = connect(org, channel), connect(other_org, channel)
    at = int(time.time()) - 3600
    for place, kind in enumerate(kinds):
        await tell(kind.body_for(once.external_id, once.waba_id, at=at + place, unique=kind.name))
    bodies = [
        kind.body_for(often.external_id, often.waba_id, at=at + place, unique=kind.name)
        for place, kind in enumerate(kinds)
    ]
    shuffled = [*bodies, *(body + b" " for body in bodies)]
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    for place, body in enumerate(shuffled, start=1):
        assert (await post(body)).status_code == 200
        if place % read_at_once == 0:
            await process()
    await process()
    assert picture(once) == picture(often)
