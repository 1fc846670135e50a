"""Messenger's and Instagram's webhooks: an entry for a page or account, one item for each thing that happened."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple

from . import messenger_content
from .events import (
    AccountEvent,
    AnyEvent,
    Author,
    Channel,
    DeleteEvent,
    EchoMessage,
    EditEvent,
    HandoverEvent,
    InboundMessage,
    Person,
    PostbackEvent,
    ReactionEvent,
    Referral,
    StatusUpdate,
    Story,
    UnknownEvent,
)
from .wire import MOST_LINE, MOST_PERSON_ID, Wire, digest, guarded, payload, plain
from .wire import key as bounded

_MOST_EDITS = 1_000_000
_HANDOVERS = {
    "pass_thread_control": ("pass", "new_owner_app_id"),
    "take_thread_control": ("take", "previous_owner_app_id"),
    "request_thread_control": ("request", "requested_owner_app_id"),
    "app_roles": ("app_roles", ""),
}


class Place(NamedTuple):
    """One item, and whose it is."""

    channel: Channel
    account_id: str
    received: datetime
    entry_time: datetime | None
    standby: bool
    item: Wire

    def told(self, key: str) -> dict[str, Any]:
        """What every event has."""
        occurred = self.item.moment("timestamp") or self.entry_time or self.received
        return {
            "channel": self.channel,
            "account_id": self.account_id,
            "business_id": self.account_id,
            "dedup_key": bounded(key),
            "occurred_at": min(occurred, self.received),
        }

    @property
    def by_us(self) -> bool:
        return self.item.flag("message", "is_echo") or self.item.text("sender", "id") == self.account_id

    @property
    def author(self) -> Author:
        return "business" if self.by_us else "customer"

    @property
    def person(self) -> Person:
        return Person(scoped_id=self.item.id("recipient" if self.by_us else "sender", "id", most=MOST_PERSON_ID))


def events(channel: Channel, entry: Wire, received: datetime) -> Iterator[AnyEvent]:
    account_id, time = entry.text("id") or "", entry.moment("time")

    def place(item: Wire, *, standby: bool = False) -> Place:
        return Place(channel, account_id, received, time, standby, item)

    if not any(True for name in ("messaging", "standby", "changes") for _ in entry.each(name)):
        yield _unknown(place(entry), "entry")
    for item in entry.each("messaging"):
        yield from _read(place(item))
    for item in entry.each("standby"):
        yield from _read(place(item, standby=True))
    for change in entry.each("changes"):
        value = change.at("value")
        if "sender" in value and "recipient" in value:  # how an Instagram login is told of messages at times
            yield from _read(place(value))
        else:
            yield _unknown(place(change), change.text("field") or "change")


def _read(place: Place) -> list[AnyEvent]:
    return guarded(partial(_item, place), partial(_unknown, place, "messaging"))


def _item(place: Place) -> Iterator[AnyEvent]:
    for name, read in _KINDS.items():
        if name in place.item:
            yield from read(place)
            return
    yield _unknown(place, "messaging")


def _unknown(place: Place, kind: str) -> UnknownEvent:
    value = place.item.value
    return UnknownEvent(**place.told(f"unknown:{kind}:{digest(value)}"), kind=kind, payload=payload(value))


def _message(place: Place) -> Iterator[AnyEvent]:
    message = place.item.at("message")
    message_id = message.id("mid")
    if message_id is None or place.person.scoped_id is None:
        yield _unknown(place, "message")
    elif message.flag("is_deleted"):
        told = place.told(f"delete:{message_id}")
        yield DeleteEvent(**told, message_id=message_id, author=place.author, person=place.person)
    elif place.by_us:
        yield EchoMessage(
            **place.told(f"echo:{message_id}"),
            message_id=message_id,
            recipient=place.person,
            content=messenger_content.content(message),
            metadata=message.text("metadata"),
            app_id=message.text("app_id"),
            reply_to=message.id("reply_to", "mid"),
        )
    else:
        yield _inbound(place, message, message_id)


def _inbound(place: Place, message: Wire, message_id: str) -> InboundMessage:
    story = message.at("reply_to", "story")
    return InboundMessage(
        **place.told(f"message:{message_id}"),
        message_id=message_id,
        sender=place.person,
        content=messenger_content.content(message),
        reply_to=message.id("reply_to", "mid"),
        story=Story(story.text("id"), story.text("url")) if story else None,
        referral=_referral(message.at("referral")),
        standby=place.standby,
    )


def _edit(place: Place) -> Iterator[AnyEvent]:
    edit = place.item.at("message_edit")
    message_id, number = edit.id("mid"), edit.number("num_edit")
    number = number if number is None else max(-_MOST_EDITS, min(number, _MOST_EDITS))
    if message_id is None:
        yield _unknown(place, "message_edit")
        return
    yield EditEvent(
        **place.told(f"edit:{message_id}:{number}:{digest(edit.value)}"),
        message_id=message_id,
        author=place.author,
        person=place.person,
        content=messenger_content.content(edit),
        edit_number=number,
    )


def _reaction(place: Place) -> Iterator[AnyEvent]:
    reaction = place.item.at("reaction")
    message_id = reaction.id("mid")
    if message_id is None:
        yield _unknown(place, "reaction")
        return
    taken_back = reaction.text("action") == "unreact"
    emoji = None if taken_back else reaction.word("emoji") or reaction.word("reaction")
    at, who = place.item.text("timestamp"), place.person.scoped_id
    yield ReactionEvent(
        **place.told(f"reaction:{message_id}:{place.author}:{who}:{emoji}:{at}"),
        message_id=message_id,
        author=place.author,
        person=place.person,
        emoji=emoji,
    )


def _status(name: Literal["read", "delivery"]) -> Callable[[Place], Iterator[AnyEvent]]:
    status = "read" if name == "read" else "delivered"

    def read(place: Place) -> Iterator[AnyEvent]:
        about = place.item.at(name)
        watermark = about.moment("watermark")
        named = [about.id("mid"), *(each.id() for each in about.each("mids"))]
        ids = [each for each in named if each]
        for message_id in ids:
            told = place.told(f"status:{message_id}:{status}:{place.person.scoped_id}")
            yield StatusUpdate(**told, message_id=message_id, status=status, recipient=place.person)
        if not ids and watermark:
            told = place.told(f"status:{status}:{place.person.scoped_id}:{about.text('watermark')}")
            yield StatusUpdate(
                **told, message_id=None, status=status, recipient=place.person, watermark=min(watermark, place.received)
            )
        elif not ids:
            yield _unknown(place, name)

    return read


def _postback(place: Place) -> Iterator[AnyEvent]:
    postback = place.item.at("postback")
    message_id = postback.id("mid")
    if place.person.scoped_id is None:
        yield _unknown(place, "postback")
        return
    named = message_id or f"{place.person.scoped_id}:{place.item.text('timestamp')}:{digest(postback.value)}"
    yield PostbackEvent(
        **place.told(f"postback:{named}"),
        source="postback",
        person=place.person,
        opens_window=not place.by_us,
        message_id=message_id,
        payload=postback.text("payload"),
        title=postback.text("title"),
        referral=_referral(postback.at("referral")),
    )


def _came(source: Literal["referral", "optin"]) -> Callable[[Place], Iterator[AnyEvent]]:
    def read(place: Place) -> Iterator[AnyEvent]:
        value = place.item.at(source)
        yield PostbackEvent(
            **place.told(f"{source}:{digest(place.item.value)}"),
            source=source,
            person=place.person,
            opens_window=False,
            payload=value.text("payload") or value.text("ref") or value.text("user_ref"),
            referral=_referral(value) if source == "referral" else None,
        )

    return read


def _handover(name: str) -> Callable[[Place], Iterator[AnyEvent]]:
    action, owner = _HANDOVERS[name]

    def read(place: Place) -> Iterator[AnyEvent]:
        value = place.item.at(name)
        yield HandoverEvent(
            **place.told(f"handover:{digest(place.item.value)}"),
            action=action,
            person=place.person,
            owner_app_id=value.text(owner),
            metadata=value.text("metadata"),
        )

    return read


def _policy(place: Place) -> Iterator[AnyEvent]:
    value = place.item.at("policy-enforcement")
    kept = plain(value.value)
    yield AccountEvent(
        **place.told(f"account:policy_enforcement:{digest(place.item.value)}"),
        field="policy_enforcement",
        event=value.word("action"),
        details=kept if isinstance(kept, dict) else {},
    )


def _referral(wire: Wire) -> Referral | None:
    if not wire:
        return None
    return Referral(
        source=wire.word("source"),
        source_id=wire.word("ad_id", most=MOST_LINE),
        url=wire.word("referer_uri", most=MOST_LINE) or wire.word("source_url", most=MOST_LINE),
        ref=wire.word("ref", most=MOST_LINE),
        headline=wire.word("ads_context_data", "ad_title", most=MOST_LINE),
    )


_KINDS: dict[str, Callable[[Place], Iterator[AnyEvent]]] = {
    "message": _message,
    "message_edit": _edit,
    "reaction": _reaction,
    "read": _status("read"),
    "delivery": _status("delivery"),
    "postback": _postback,
    "referral": _came("referral"),
    "optin": _came("optin"),
    **{name: _handover(name) for name in _HANDOVERS},
    "policy-enforcement": _policy,
}
