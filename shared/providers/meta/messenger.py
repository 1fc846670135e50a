"""Messenger's and Instagram's webhooks: an entry for a page or account, with one item for each event."""

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
from .wire import MOST_LINE, MOST_PERSON_ID, Wire, bounded_key, digest, payload, plain, read_or_else

_MOST_EDITS = 1_000_000
_HANDOVERS = {
    "pass_thread_control": ("pass", "new_owner_app_id"),
    "take_thread_control": ("take", "previous_owner_app_id"),
    "request_thread_control": ("request", "requested_owner_app_id"),
    "app_roles": ("app_roles", ""),
}


class Item(NamedTuple):
    """An item, with its account and times."""

    channel: Channel
    account_id: str
    received: datetime
    entry_time: datetime | None
    standby: bool
    wire: Wire

    def event_fields(self, key: str) -> dict[str, Any]:
        """Return the fields that every event has."""
        occurred = self.wire.moment("timestamp") or self.entry_time or self.received
        return {
            "channel": self.channel,
            "account_id": self.account_id,
            "business_id": self.account_id,
            "dedup_key": bounded_key(key),
            "occurred_at": min(occurred, self.received),
        }

    @property
    def is_ours(self) -> bool:
        return self.wire.flag("message", "is_echo") or self.wire.text("sender", "id") == self.account_id

    @property
    def author(self) -> Author:
        return "business" if self.is_ours else "customer"

    @property
    def person(self) -> Person:
        return Person(scoped_id=self.wire.id("recipient" if self.is_ours else "sender", "id", most=MOST_PERSON_ID))


def events(channel: Channel, entry: Wire, received: datetime) -> Iterator[AnyEvent]:
    account_id, time = entry.text("id") or "", entry.moment("time")

    def item_of(wire: Wire, *, standby: bool = False) -> Item:
        return Item(channel, account_id, received, time, standby, wire)

    if not any(True for name in ("messaging", "standby", "changes") for _ in entry.elements(name)):
        yield _unknown(item_of(entry), "entry")
    for wire in entry.elements("messaging"):
        yield from _read(item_of(wire))
    for wire in entry.elements("standby"):
        yield from _read(item_of(wire, standby=True))
    for change in entry.elements("changes"):
        value = change.at("value")
        if "sender" in value and "recipient" in value:  # the form of some messages by Instagram Login
            yield from _read(item_of(value))
        else:
            yield _unknown(item_of(change), change.text("field") or "change")


def _read(item: Item) -> list[AnyEvent]:
    return read_or_else(partial(_events_of, item), partial(_unknown, item, "messaging"))


def _events_of(item: Item) -> Iterator[AnyEvent]:
    for name, read in _KINDS.items():
        if name in item.wire:
            yield from read(item)
            return
    yield _unknown(item, "messaging")


def _unknown(item: Item, kind: str) -> UnknownEvent:
    value = item.wire.value
    return UnknownEvent(**item.event_fields(f"unknown:{kind}:{digest(value)}"), kind=kind, payload=payload(value))


def _message(item: Item) -> Iterator[AnyEvent]:
    message = item.wire.at("message")
    message_id = message.id("mid")
    if message_id is None or item.person.scoped_id is None:
        yield _unknown(item, "message")
    elif message.flag("is_deleted"):
        fields = item.event_fields(f"delete:{message_id}")
        yield DeleteEvent(**fields, message_id=message_id, author=item.author, person=item.person)
    elif item.is_ours:
        yield EchoMessage(
            **item.event_fields(f"echo:{message_id}"),
            message_id=message_id,
            recipient=item.person,
            content=messenger_content.content(message),
            metadata=message.text("metadata"),
            app_id=message.text("app_id"),
            reply_to=message.id("reply_to", "mid"),
        )
    else:
        yield _inbound(item, message, message_id)


def _inbound(item: Item, message: Wire, message_id: str) -> InboundMessage:
    story = message.at("reply_to", "story")
    return InboundMessage(
        **item.event_fields(f"message:{message_id}"),
        message_id=message_id,
        sender=item.person,
        content=messenger_content.content(message),
        reply_to=message.id("reply_to", "mid"),
        story=Story(story.text("id"), story.text("url")) if story else None,
        referral=_referral(message.at("referral")),
        standby=item.standby,
    )


def _edit(item: Item) -> Iterator[AnyEvent]:
    edit = item.wire.at("message_edit")
    message_id, number = edit.id("mid"), edit.number("num_edit")
    number = number if number is None else max(-_MOST_EDITS, min(number, _MOST_EDITS))
    if message_id is None:
        yield _unknown(item, "message_edit")
        return
    yield EditEvent(
        **item.event_fields(f"edit:{message_id}:{number}:{digest(edit.value)}"),
        message_id=message_id,
        author=item.author,
        person=item.person,
        content=messenger_content.content(edit),
        edit_number=number,
    )


def _reaction(item: Item) -> Iterator[AnyEvent]:
    reaction = item.wire.at("reaction")
    message_id = reaction.id("mid")
    if message_id is None:
        yield _unknown(item, "reaction")
        return
    removed = reaction.text("action") == "unreact"
    emoji = None if removed else reaction.word("emoji") or reaction.word("reaction")
    at, person_id = item.wire.text("timestamp"), item.person.scoped_id
    yield ReactionEvent(
        **item.event_fields(f"reaction:{message_id}:{item.author}:{person_id}:{emoji}:{at}"),
        message_id=message_id,
        author=item.author,
        person=item.person,
        emoji=emoji,
    )


def _status(name: Literal["read", "delivery"]) -> Callable[[Item], Iterator[AnyEvent]]:
    status = "read" if name == "read" else "delivered"

    def read(item: Item) -> Iterator[AnyEvent]:
        about = item.wire.at(name)
        watermark = about.moment("watermark")
        candidates = [about.id("mid"), *(wire.id() for wire in about.elements("mids"))]
        ids = [message_id for message_id in candidates if message_id]
        for message_id in ids:
            fields = item.event_fields(f"status:{message_id}:{status}:{item.person.scoped_id}")
            yield StatusUpdate(**fields, message_id=message_id, status=status, recipient=item.person)
        if not ids and watermark:
            fields = item.event_fields(f"status:{status}:{item.person.scoped_id}:{about.text('watermark')}")
            yield StatusUpdate(
                **fields, message_id=None, status=status, recipient=item.person, watermark=min(watermark, item.received)
            )
        elif not ids:
            yield _unknown(item, name)

    return read


def _postback(item: Item) -> Iterator[AnyEvent]:
    postback = item.wire.at("postback")
    message_id = postback.id("mid")
    if item.person.scoped_id is None:
        yield _unknown(item, "postback")
        return
    key = message_id or f"{item.person.scoped_id}:{item.wire.text('timestamp')}:{digest(postback.value)}"
    yield PostbackEvent(
        **item.event_fields(f"postback:{key}"),
        source="postback",
        person=item.person,
        opens_window=not item.is_ours,
        message_id=message_id,
        payload=postback.text("payload"),
        title=postback.text("title"),
        referral=_referral(postback.at("referral")),
    )


def _referral_or_optin(source: Literal["referral", "optin"]) -> Callable[[Item], Iterator[AnyEvent]]:
    def read(item: Item) -> Iterator[AnyEvent]:
        value = item.wire.at(source)
        yield PostbackEvent(
            **item.event_fields(f"{source}:{digest(item.wire.value)}"),
            source=source,
            person=item.person,
            opens_window=False,
            payload=value.text("payload") or value.text("ref") or value.text("user_ref"),
            referral=_referral(value) if source == "referral" else None,
        )

    return read


def _handover(name: str) -> Callable[[Item], Iterator[AnyEvent]]:
    action, owner = _HANDOVERS[name]

    def read(item: Item) -> Iterator[AnyEvent]:
        value = item.wire.at(name)
        yield HandoverEvent(
            **item.event_fields(f"handover:{digest(item.wire.value)}"),
            action=action,
            person=item.person,
            owner_app_id=value.text(owner),
            metadata=value.text("metadata"),
        )

    return read


def _policy(item: Item) -> Iterator[AnyEvent]:
    value = item.wire.at("policy-enforcement")
    details = plain(value.value)
    yield AccountEvent(
        **item.event_fields(f"account:policy_enforcement:{digest(item.wire.value)}"),
        field="policy_enforcement",
        event=value.word("action"),
        details=details if isinstance(details, dict) else {},
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


_KINDS: dict[str, Callable[[Item], Iterator[AnyEvent]]] = {
    "message": _message,
    "message_edit": _edit,
    "reaction": _reaction,
    "read": _status("read"),
    "delivery": _status("delivery"),
    "postback": _postback,
    "referral": _referral_or_optin("referral"),
    "optin": _referral_or_optin("optin"),
    **{name: _handover(name) for name in _HANDOVERS},
    "policy-enforcement": _policy,
}
