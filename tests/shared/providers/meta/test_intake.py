"""Whatever a body holds, something comes of it, nothing is raised and nothing is lost."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.providers.meta.events import AnyEvent, InboundMessage, UnknownEvent
from shared.providers.meta.identities import is_user_id
from shared.providers.meta.inbound import InboundText
from shared.providers.meta.intake import UNREADABLE, parse
from shared.providers.meta.wire import Wire
from tests.support.webhooks import recorded

KINDS = recorded()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every place in a document."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield from paths(each, (*at, name))


def with_changed(document: Any, path: Sequence[Any], value: Any) -> Any:
    if not path:
        return value
    head, *rest = path
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[head] = with_changed(document[head], rest, value)
    return copy


@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_a_recorded_body_with_anything_in_any_place_is_still_read(data):
    kind = data.draw(st.sampled_from(KINDS))
    document = json.loads(kind.body_for("106540352242999", "102290129340999", at=1_795_000_000, unique="u"))
    path = data.draw(st.sampled_from(list(paths(document))))
    raw = json.dumps(with_changed(document, path, data.draw(JSON))).encode()
    events = parse(raw)
    assert events
    assert msgspec.json.decode(msgspec.json.encode(events), type=list[AnyEvent])


@settings(max_examples=500, deadline=None)
@given(raw=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_at_all_are_kept(raw):
    events = parse(raw)
    assert len(events) == 1
    assert isinstance(events[0], UnknownEvent)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"object":' * 5_000, b"1e999", b"9" * 5_000]
)
def test_a_body_that_is_no_json_document_is_kept_as_text(raw):
    (event,) = parse(raw)
    assert isinstance(event, UnknownEvent)
    assert event.kind == UNREADABLE


def test_a_document_nested_as_none_is_does_not_break_the_reader():
    deep: object = "x"
    for _ in range(900):
        deep = {"a": deep}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "x", "value": deep}]}]}
    (event,) = parse(msgspec.json.encode(body))
    assert isinstance(event, UnknownEvent)


@pytest.mark.parametrize("field", ["text", "name"])
def test_an_emoji_cut_in_half_and_a_nul_do_not_cost_the_message(field):
    kind = next(each for each in KINDS if each.name == "whatsapp/text")
    raw = kind.body_for("106540352242999", "102290129340999", unique="u")
    old = json.dumps("السلام عليكم، عندكم مقاس L؟ 👍🏽") if field == "text" else json.dumps("منى عادل")
    raw = raw.replace(old.encode(), rb'"half \ud83d and \u0000 nothing"')
    (event,) = parse(raw)
    assert isinstance(event, InboundMessage)
    expected = "half \ufffd and  nothing"
    if field == "text":
        assert event.content == InboundText(expected)
    else:
        assert event.sender.name == expected


def test_a_message_of_the_future_happened_when_it_was_received():
    received = datetime(2026, 11, 21, 12, tzinfo=UTC)
    kind = next(each for each in KINDS if each.name == "whatsapp/text")
    tomorrow = int((received + timedelta(days=1)).timestamp())
    (event,) = parse(kind.body_for("1", "2", at=tomorrow), received_at=received)
    assert event.occurred_at == received


def test_a_batch_of_a_thousand_keeps_its_order():
    kind = next(each for each in KINDS if each.name == "whatsapp/text")
    one = json.loads(kind.body_for("1", "2", at=1_795_000_000, unique="u"))
    message = one["entry"][0]["changes"][0]["value"]["messages"][0]
    one["entry"][0]["changes"][0]["value"]["messages"] = [message | {"id": f"wamid.{n}"} for n in range(1000)]
    events = parse(json.dumps(one).encode())
    assert [event.dedup_key for event in events] == [f"message:wamid.{n}" for n in range(1000)]


@pytest.mark.parametrize("text", ["EG.1349", "EG.ENT.90011", "US.13491208655302741918", "SA.abcXYZ9"])
def test_a_business_scoped_id_is_known_by_its_form(text):
    assert is_user_id(text)


@pytest.mark.parametrize(
    "text", ["201012345678", "+201012345678", "eg.1349", "EGY.1", "EG.", "EG.1\n", "EG.١٢", "EG.a b"]
)
def test_a_text_that_resembles_a_user_id_is_rejected(text):
    assert not is_user_id(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1_795_000_000, 1_795_000_000),
        ("1795000000", 1_795_000_000),
        (1_795_000_000_123, 1_795_000_000.123),
        ("1795000000123", 1_795_000_000.123),
        (0, None),
        (-5, None),
        ("soon", None),
        (True, None),
        (10**30, None),
        (None, None),
    ],
)
def test_times_come_in_four_forms(value, expected):
    moment = Wire({"at": value}).moment("at")
    assert (moment.timestamp() if moment else None) == expected
