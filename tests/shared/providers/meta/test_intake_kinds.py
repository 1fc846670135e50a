"""Every kind of webhook that Meta is known to send, and what it is read into."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from shared.providers.meta.events import AnyEvent, UnknownEvent
from shared.providers.meta.intake import parse
from tests.support.webhooks import recorded

AT = 1_795_000_000
RECEIVED = datetime.fromtimestamp(AT + 60, UTC)
KINDS = recorded()


@pytest.fixture
def read():
    def read(kind, account_id="106540352242999"):
        business_id = "102290129340999" if kind.channel == "whatsapp" else account_id
        raw = kind.body_for(account_id, business_id, at=AT, unique="u1")
        return parse(raw, received_at=RECEIVED), (account_id, business_id)

    return read


@pytest.fixture
def holds():
    """Return whether all that is named in the part stands in the whole."""

    def holds(part: Any, whole: Any) -> bool:
        if isinstance(part, dict):
            return isinstance(whole, dict) and all(holds(value, whole.get(name)) for name, value in part.items())
        if isinstance(part, list):
            same = isinstance(whole, list | tuple) and len(part) == len(whole)
            return same and all(holds(one, other) for one, other in zip(part, whole, strict=True))
        return bool(part == whole)

    return holds


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_read_as_the_fixture_says(read, holds, kind):
    events, _ = read(kind)
    told = [msgspec.to_builtins(event) for event in events]
    assert holds(kind.events, told), told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_knows_its_account_and_its_time(read, kind):
    events, (account_id, business_id) = read(kind)
    for event in events:
        if kind.name != "messenger/permissions":
            assert event.business_id == business_id
            assert event.account_id in {account_id, business_id}
            assert event.channel == kind.channel
        assert event.occurred_at.timestamp() in {AT, AT + 60}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_second_delivery_has_the_same_keys_within_one_account_only(read, kind):
    once, again = read(kind)[0], read(kind)[0]
    keys = [event.dedup_key for event in once]
    assert keys == [event.dedup_key for event in again]
    assert len(set(keys)) == len(keys)
    other = read(kind, account_id="206540352242998")[0]
    assert not {(each.account_id, each.dedup_key) for each in once} & {
        (each.account_id, each.dedup_key) for each in other if each.account_id == "206540352242998"
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_event_survives_being_stored(read, kind):
    for event in read(kind)[0]:
        stored = msgspec.json.encode(event)
        assert msgspec.json.decode(stored, type=AnyEvent) == event


def test_no_two_kinds_share_a_key(read):
    keys = [(kind.channel, event.dedup_key) for kind in KINDS for event in read(kind)[0]]
    doubled = {key for key in keys if keys.count(key) > 1}
    assert not doubled


def test_unknown_events_are_kept_unchanged(read):
    for kind in KINDS:
        for event in read(kind)[0]:
            if isinstance(event, UnknownEvent):
                assert event.payload
