"""Hostile webhooks beside honest ones in the same body: the honest arrive, the hostile spoil nothing but themselves."""

import os
import secrets
import time

import pytest

from shared.providers.meta.events import InboundMessage
from shared.providers.meta.intake import parse
from tests.support.hostile import DEEP, encoded, hostile
from tests.support.webhooks import recorded

pytestmark = pytest.mark.anyio
FIRST_SEED = int(os.environ.get("HOSTILE_SEED", "1"))
BODIES = int(os.environ.get("HOSTILE_BODIES", "390"))
"""HOSTILE_SEED and HOSTILE_BODIES choose others, and more."""
AT_ONCE = 30
OBJECTS = {"whatsapp": "whatsapp_business_account", "facebook": "page", "instagram": "instagram"}
KINDS = {
    platform: [each for each in recorded() if each.channel == platform and each.body["object"] == name]
    for platform, name in OBJECTS.items()
}
TOO_LONG = "x" * 1100
INPUTS = {
    "context.id": {"context": {"id": TOO_LONG}},
    "system.type": {"type": "system", "system": {"type": TOO_LONG, "body": "?"}},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "❤" * 1100}},
    "reaction to": {"type": "reaction", "reaction": {"message_id": TOO_LONG, "emoji": "❤"}},
    "id": {"id": TOO_LONG},
    "group_id": {"group_id": TOO_LONG},
    "type": {"type": TOO_LONG},
    "edit": {
        "type": "edit",
        "edit": {"original_message_id": "wamid.none", "message": {"text": {"body": TOO_LONG * 64}}},
    },
    "image": {"type": "image", "image": {"id": TOO_LONG, "mime_type": TOO_LONG, "filename": "\x00"}},
    "timestamp": {"timestamp": "253402300800000"},
}


def beside(body, account, text):
    """Return the hostile body with an honest message of somebody else in it, before or behind."""
    if account.platform == "whatsapp":
        honest = account.text(body=text)
    else:
        honest = account.item("900900900", message={"mid": f"m_{secrets.token_hex(8)}", "text": text})
    entries = [*body["entry"], *honest["entry"]] if len(text) % 2 else [*honest["entry"], *body["entry"]]
    return {**body, "entry": entries}


@pytest.mark.parametrize("platform", KINDS)
@pytest.mark.parametrize("part", range(BODIES // (len(KINDS) * AT_ONCE) + 1))
async def test_honest_events_arrive_beside_hostile_ones(
    *, post, process, connect, org, other_org, rows, platform, part
):
    theirs, ours = connect(org, platform), connect(other_org, platform)
    account = {"account_id": theirs.external_id, "business_id": theirs.waba_id, "others": [ours.external_id]}
    first = FIRST_SEED + part * AT_ONCE
    for seed in range(first, first + AT_ONCE):
        body = hostile(seed, KINDS[platform], **account)
        answer = await post(encoded(beside(body, ours, f"honest {seed}")))
        assert answer.status_code == 200, (seed, answer.text)
    told = await process()
    assert told["bodies"] == AT_ONCE
    arrived = rows("SELECT content FROM messages WHERE organization_id = %s AND content LIKE 'honest %%'", other_org.id)
    assert {row[0] for row in arrived} == {f"honest {seed}" for seed in range(first, first + AT_ONCE)}
    assert rows("SELECT count(*) FROM webhook_inbox WHERE processed_at IS NULL") == [(0,)]
    aside = rows("SELECT count(*) FROM set_aside WHERE organization_id = ANY(%s)", [org.id, other_org.id])
    assert aside[0][0] == told["set_aside"] <= AT_ONCE


def test_deeply_nested_values_are_cut_and_the_rest_is_read():
    message = {"from": "201012345678", "id": "wamid.deep", "type": "text", "text": {"body": "hello"}, "context": DEEP}
    value = {"metadata": {"phone_number_id": "1"}, "messages": [message], "contacts": DEEP}
    entry = {"id": "2", "time": int(time.time()), "changes": [{"field": "messages", "value": value}]}
    events = parse(encoded({"object": "whatsapp_business_account", "entry": [entry]}))
    assert [each.content.text for each in events if isinstance(each, InboundMessage)] == ["hello"]


@pytest.mark.parametrize("name", INPUTS)
async def test_a_text_longer_than_its_column_is_cut_or_kept_raw(tell, account, rows, name):
    body = account.text()
    body["entry"][0]["changes"][0]["value"]["messages"][0].update(INPUTS[name])
    told = await tell(body)
    assert (told["bodies"], told["set_aside"]) == (1, 0), rows("SELECT fault FROM set_aside")
    tables = ("messages", "channel_events", "message_events")
    kept = [rows(f"SELECT count(*) FROM {each} WHERE organization_id = %s", account.org.id)[0][0] for each in tables]
    assert sum(kept) == 1


async def test_a_full_count_of_unread_messages_stops_counting(tell, account, chat_with, rows):
    chat = await chat_with(account)
    rows("UPDATE chats SET unread_count = 1000000000 WHERE id = %s RETURNING id", chat)
    told = await tell(account.text())
    assert told["set_aside"] == 0
    kept = "SELECT unread_count, (SELECT count(*) FROM messages WHERE chat_id = chats.id) FROM chats WHERE id = %s"
    assert rows(kept, chat) == [(1_000_000_000, 2)]


def test_the_same_seed_makes_the_same_body():
    kinds = KINDS["whatsapp"][:1]
    one, again, other = (hostile(seed, kinds, account_id="1", business_id="2", others=["3"]) for seed in (7, 7, 8))
    assert repr(one["entry"][0]["changes"]) == repr(again["entry"][0]["changes"]) != repr(other["entry"][0]["changes"])
