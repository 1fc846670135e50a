"""What may be sent: what Meta would refuse is refused before it, and what passes here passes there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.simulators.graph import checks
from shared.kernel.visible import InvisibleText
from shared.providers.meta import contents
from shared.providers.meta.bodies import body_for, mark_read_body, sender_action_body
from shared.providers.meta.contents import InvalidMessageContent, content_from, content_json
from shared.providers.meta.inbound import FileKind
from shared.providers.meta.media import check_file
from shared.providers.meta.recipients import Recipient

PHONE = Recipient(phone="+201012345678")
PERSON = Recipient(scoped_id="7700000000012345")
LINK = "https://shop.example/a.jpg"
WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
TITLES = WORDS.map(lambda text: text[:20]).filter(str.strip)
GOOD = [
    {"type": "text", "body": "x" * 4096},
    {"type": "text", "body": "أهلا", "preview_url": True},
    {"type": "image", "link": LINK, "caption": "c" * 1024},
    {"type": "image", "id": "123"},
    {"type": "video", "link": LINK},
    {"type": "audio", "id": "123"},
    {"type": "document", "link": LINK, "filename": "فاتورة.pdf", "caption": "x"},
    {"type": "sticker", "id": "123"},
    {"type": "location", "latitude": -90, "longitude": 180, "name": "Cairo"},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "Mona A", "first_name": "Mona"}}]},
    {"type": "buttons", "body": "b" * 1024, "header": "h" * 60, "footer": "f" * 60,
     "buttons": [{"id": str(n), "title": f"{n}" * 20} for n in range(3)]},
    {"type": "list", "body": "b", "button": "choose",
     "sections": [{"title": "s" * 24, "rows": [{"id": str(n), "title": "t" * 24, "description": "d" * 72}]}
                  for n in range(10)]},
    {"type": "cta_url", "body": "b", "title": "open", "url": LINK},
    {"type": "template", "name": "order_update", "language": "ar", "components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Mona", "parameter_name": "name"}]},
        {"type": "button", "sub_type": "url", "index": 0, "parameters": [{"type": "text", "text": "x"}]}]},
    {"type": "reaction", "message_id": "wamid.X", "emoji": "👍"},
    {"type": "reaction", "message_id": "wamid.X"},
]  # fmt: skip
BAD = [
    ({"type": "text", "body": "x" * 4097}, "/body"),
    ({"type": "text", "body": ""}, "/body"),
    ({"type": "text"}, "/body"),
    ({"type": "text", "body": "x", "colour": "red"}, "/colour"),
    ({"type": "image", "link": LINK, "id": "1"}, ""),
    ({"type": "image"}, ""),
    ({"type": "image", "link": "http://shop.example/a.jpg"}, "/link"),
    ({"type": "image", "link": LINK, "caption": "c" * 1025}, "/caption"),
    ({"type": "audio", "id": "1", "caption": "no"}, "/caption"),
    ({"type": "sticker", "id": "1", "caption": "no"}, "/caption"),
    ({"type": "location", "latitude": 91, "longitude": 0}, "/latitude"),
    ({"type": "contacts", "contacts": []}, "/contacts"),
    ({"type": "contacts", "contacts": [{"name": {"formatted_name": "M"}}]}, "/contacts/0/name"),
    ({"type": "buttons", "body": "b", "buttons": [{"id": "1", "title": "t" * 21}]}, "/buttons/0/title"),
    ({"type": "buttons", "body": "b", "buttons": [{"id": str(n), "title": str(n)} for n in range(4)]}, "/buttons"),
    ({"type": "buttons", "body": "b", "buttons": [{"id": "1", "title": "a"}, {"id": "1", "title": "b"}]}, ""),
    ({"type": "buttons", "body": "b" * 1025, "buttons": [{"id": "1", "title": "a"}]}, "/body"),
    ({"type": "buttons", "body": "b", "footer": "f" * 61, "buttons": [{"id": "1", "title": "a"}]}, "/footer"),
    ({"type": "list", "body": "b", "button": "b", "sections": [
        {"title": "s", "rows": [{"id": f"{s}{n}", "title": "t"} for n in range(6)]} for s in range(2)]}, ""),
    ({"type": "list", "body": "b", "button": "b", "sections": [{"rows": [{"id": "1", "title": "t" * 25}]}]},
     "/sections/0/rows/0/title"),
    ({"type": "cta_url", "body": "b", "title": "open", "url": "javascript:alert(1)"}, "/url"),
    ({"type": "template", "name": "Order Update", "language": "ar"}, "/name"),
    ({"type": "template", "name": "x", "language": "arabic"}, "/language"),
    ({"type": "reaction", "emoji": "👍"}, "/message_id"),
    ({"type": "hologram"}, ""),
    ("text", ""),
]  # fmt: skip


@pytest.mark.parametrize("value", GOOD, ids=lambda value: value["type"])
def test_accepted_content_is_accepted_by_meta(value):
    content = content_from(value)
    kind = checks.check_whatsapp(body_for("whatsapp", PHONE, content, reply_to="wamid.Q", opaque="intent"))
    assert kind == ("interactive" if value["type"] in {"buttons", "list", "cta_url"} else value["type"])
    assert content_from(content_json(content)) == content


@pytest.mark.parametrize(("value", "pointer"), BAD)
def test_422_what_meta_would_refuse_with_the_place_it_is_at(value, pointer):
    with pytest.raises(InvalidMessageContent) as refused:
        content_from(value)
    assert (refused.value.status, refused.value.code) == (422, "invalid_message_content")
    assert pointer in [each["pointer"] for each in refused.value.details["errors"]]


@pytest.mark.parametrize(
    ("channel", "value", "pointer"),
    [
        ("facebook", {"type": "text", "body": "x" * 2001}, "/body"),
        ("instagram", {"type": "text", "body": "ع" * 501}, "/body"),
        ("facebook", {"type": "sticker", "id": "1"}, "/type"),
        ("facebook", {"type": "location", "latitude": 1, "longitude": 1}, "/type"),
        ("instagram", {"type": "document", "link": LINK}, "/type"),
        ("facebook", {"type": "image", "link": LINK, "caption": "x"}, "/caption"),
        ("facebook", {"type": "template", "name": "x", "language": "ar"}, "/type"),
        (
            "instagram",
            {"type": "buttons", "body": "b", "header": "h", "buttons": [{"id": "1", "title": "a"}]},
            "/header",
        ),
        ("facebook", {"type": "cta_url", "body": "b" * 641, "title": "open", "url": LINK}, "/body"),
        ("facebook", {"type": "reaction", "message_id": "m", "emoji": "🦀"}, "/emoji"),
    ],
)
def test_422_what_the_channel_does_not_carry(channel, value, pointer):
    with pytest.raises(InvalidMessageContent) as refused:
        body_for(channel, PERSON, content_from(value))
    assert [each["pointer"] for each in refused.value.details["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("facebook", {"type": "text", "body": "x" * 2000}),
        ("instagram", {"type": "text", "body": "ع" * 500}),
        ("facebook", {"type": "document", "link": LINK}),
        ("instagram", {"type": "image", "link": LINK}),
        ("facebook", {"type": "buttons", "body": "b", "buttons": [{"id": "1", "title": "a"}]}),
        ("instagram", {"type": "cta_url", "body": "b", "title": "open", "url": LINK}),
        ("facebook", {"type": "reaction", "message_id": "m", "emoji": "❤️"}),
        ("instagram", {"type": "reaction", "message_id": "m"}),
    ],
)
@pytest.mark.parametrize("human_agent", [False, True])
def test_accepted_content_is_accepted_by_messenger(channel, value, human_agent):
    body = body_for(channel, PERSON, content_from(value), reply_to="m_1", opaque="intent", human_agent=human_agent)
    assert checks.check_messenger(channel, body)
    assert ("tag" in body) == (human_agent and "message" in body)


@pytest.mark.parametrize("channel", ["whatsapp", "facebook", "instagram"])
def test_422_nobody_to_send_to(channel):
    with pytest.raises(InvalidMessageContent):
        body_for(channel, Recipient(), contents.Text(body="x"))


def test_422_named_and_positional_parameters_do_not_mix():
    mixed = [{"type": "text", "text": "a", "parameter_name": "x"}, {"type": "text", "text": "b"}]
    template = {
        "type": "template",
        "name": "x",
        "language": "ar",
        "components": [{"type": "body", "parameters": mixed}],
    }
    with pytest.raises(InvalidMessageContent) as refused:
        body_for("whatsapp", PHONE, content_from(template))
    assert refused.value.details["errors"][0]["pointer"] == "/components/0/parameters"


def test_a_hidden_number_is_written_to_by_recipient_and_a_phone_wins():
    both = Recipient(phone="201012345678", user_id="EG.1")
    assert "recipient" not in body_for("whatsapp", both, contents.Text(body="x"))
    alone = body_for("whatsapp", Recipient(user_id="EG.1"), contents.Text(body="x"))
    assert (alone["recipient"], "to" in alone) == ("EG.1", False)
    assert body_for("whatsapp", Recipient(group_id="g"), contents.Text(body="x"))["recipient_type"] == "group"


def test_actions_beside_messages_are_taken():
    assert mark_read_body("wamid.1", typing=False).keys() == {"messaging_product", "status", "message_id"}
    for action in ("mark_seen", "typing_on", "typing_off"):
        assert checks.check_messenger("facebook", sender_action_body(PERSON, action)) == action


@pytest.mark.parametrize("blank", [" ", "\n\t", "\x1f", "\u2003", "\u200b", "\ufe0f", "\u3164\u2800", "\u0301"])
@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"type": "text", "body": None}, "/body"),
        ({"type": "image", "link": LINK, "caption": None}, "/caption"),
        ({"type": "reaction", "message_id": "wamid.1", "emoji": None}, "/emoji"),
        ({"type": "location", "latitude": 1, "longitude": 1, "name": None}, "/name"),
        ({"type": "cta_url", "body": "x", "title": None, "url": LINK}, "/title"),
        (
            {"type": "template", "name": "a", "language": "ar", "components": [
                {"type": "body", "parameters": [{"type": "text", "text": None}]}]},
            "/components/0/body/parameters/0/text/text",
        ),
        (
            {"type": "template", "name": "a", "language": "ar", "components": [
                {"type": "button", "sub_type": "url", "index": 0, "parameters": [
                    {"type": "payload", "payload": None}]}]},
            "/components/0/button/parameters/0/payload/payload",
        ),
    ],
)  # fmt: skip
def test_an_invisible_text_is_refused_before_a_call_to_meta(blank, content, pointer):
    with pytest.raises(InvisibleText) as refused:
        content_from(filled(content, blank))
    assert refused.value.details["field"] == pointer.rpartition("/")[2]
    assert refused.value.details["errors"][0]["pointer"] == pointer


def filled(content: Any, text: str) -> Any:
    """Return the same with the text in place of None."""
    if isinstance(content, dict):
        return {name: filled(value, text) for name, value in content.items()}
    if isinstance(content, list):
        return [filled(each, text) for each in content]
    return text if content is None else content


@settings(max_examples=400, deadline=None)
@given(body=WORDS, titles=st.lists(TITLES, min_size=1, max_size=3, unique=True), url=st.booleans())
def test_valid_content_passes_the_checks_of_the_channel(body, titles, url):
    values = [
        {"type": "text", "body": body},
        {"type": "buttons", "body": body, "buttons": [{"id": str(n), "title": t} for n, t in enumerate(titles)]},
        {"type": "cta_url", "body": body, "title": titles[0], "url": LINK},
    ]
    for value in values:
        channels: list[tuple[Any, Recipient, Any]] = [
            ("whatsapp", PHONE, checks.check_whatsapp),
            ("facebook", PERSON, lambda sent: checks.check_messenger("facebook", sent)),
            ("instagram", PERSON, lambda sent: checks.check_messenger("instagram", sent)),
        ]
        for channel, to, check in channels:
            try:
                sent = body_for(channel, to, content_from(value))
            except (InvalidMessageContent, InvisibleText):
                continue
            check(sent)


@pytest.mark.parametrize(
    ("channel", "kind", "mime_type", "size", "fits"),
    [
        ("whatsapp", FileKind.IMAGE, "image/jpeg", 5 * 1024**2, True),
        ("whatsapp", FileKind.IMAGE, "image/jpeg", 5 * 1024**2 + 1, False),
        ("whatsapp", FileKind.IMAGE, "image/webp", 10, False),
        ("whatsapp", FileKind.AUDIO, "audio/ogg; codecs=opus", 10, True),
        ("whatsapp", FileKind.DOCUMENT, "application/x-anything", 100 * 1024**2, True),
        ("facebook", FileKind.STICKER, "image/webp", 10, False),
        ("instagram", FileKind.DOCUMENT, "application/pdf", 10, False),
    ],
)
def test_files_are_checked_before_they_leave(channel, kind, mime_type, size, fits):
    if fits:
        check_file(channel, kind, mime_type, size)
    else:
        with pytest.raises(InvalidMessageContent):
            check_file(channel, kind, mime_type, size)
