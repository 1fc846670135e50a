"""WhatsApp's webhooks: an entry for a business account, a change for a field, with many updates in one change."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Literal, NamedTuple

from . import whatsapp_content
from .events import (
    AccountEvent,
    AnyEvent,
    Author,
    DeleteEvent,
    EchoMessage,
    EditEvent,
    HistoryMessage,
    IdentityChange,
    InboundMessage,
    Person,
    PostbackEvent,
    PreferenceChange,
    Pricing,
    ReactionEvent,
    Referral,
    StatusUpdate,
    TemplateEvent,
    UnknownEvent,
)
from .identities import is_known, person_from
from .inbound import InboundContent, ProviderError, Unsupported
from .wire import MOST_LINE, MOST_PERSON_ID, Wire, bounded_key, digest, payload, plain, read_or_else

_SYSTEM: dict[str, Literal["number_changed", "user_id_changed", "identity_key_changed"]] = {
    "user_changed_number": "number_changed",
    "customer_changed_number": "number_changed",
    "user_changed_user_id": "user_id_changed",
    "customer_identity_changed": "identity_key_changed",
    "user_identity_changed": "identity_key_changed",
}
_TEMPLATE_FIELDS: dict[str, Literal["status", "quality", "category", "components"]] = {
    "message_template_status_update": "status",
    "message_template_quality_update": "quality",
    "template_category_update": "category",
    "message_template_components_update": "components",
}
_ACCOUNT_FIELDS = frozenset(
    {
        "account_update",
        "account_review_update",
        "account_alerts",
        "phone_number_quality_update",
        "phone_number_name_update",
        "business_capability_update",
        "business_username_update",
        "security",
        "smb_app_state_sync",
    }
)


class Origin(NamedTuple):
    """The account, people, errors and times of the change in which an update came."""

    business_id: str
    account_id: str
    field: str
    received: datetime
    entry_time: datetime | None
    people: tuple[Wire, ...]
    our_phone: str | None
    errors: tuple[ProviderError, ...]
    """Errors of the whole change, for a message in it that has no content."""

    def event_fields(self, key: str, item: Wire) -> dict[str, Any]:
        """Return the fields that every event has."""
        occurred = item.moment("timestamp") or self.entry_time or self.received
        return {
            "channel": "whatsapp",
            "account_id": self.account_id,
            "business_id": self.business_id,
            "dedup_key": bounded_key(key),
            "occurred_at": min(occurred, self.received),
        }

    def person(self, wire: Wire, *names: str) -> Person:
        """Return the person by the ids under these names, with the profile of the change's contacts that has one."""
        return person_from([wire.text(*name.split(".")) for name in names], self.people)


def events(entry: Wire, received: datetime) -> Iterator[AnyEvent]:
    changes = list(entry.elements("changes"))
    for change in changes:
        origin = _origin(entry, change.at("value"), change.text("field") or "", received)
        fallback = partial(unknown, origin, origin.field, change)
        yield from read_or_else(partial(_change, origin, change.at("value")), fallback) or [fallback()]
    if not changes:
        yield unknown(_origin(entry, Wire(None), "", received), "entry", entry)


def _origin(entry: Wire, value: Wire, field: str, received: datetime) -> Origin:
    business_id = entry.text("id") or ""
    return Origin(
        business_id=business_id,
        account_id=value.text("metadata", "phone_number_id") or business_id,
        field=field,
        received=received,
        entry_time=entry.moment("time"),
        people=tuple(value.elements("contacts")),
        our_phone=value.text("metadata", "display_phone_number"),
        errors=whatsapp_content.errors(value),
    )


def unknown(origin: Origin, kind: str, item: Wire) -> UnknownEvent:
    key = f"unknown:{kind}:{digest(item.value)}"
    return UnknownEvent(**origin.event_fields(key, item), kind=kind, payload=payload(item.value))


def _change(origin: Origin, value: Wire) -> Iterator[AnyEvent]:
    if origin.field in _TEMPLATE_FIELDS:
        yield _template(origin, value)
    elif origin.field in _ACCOUNT_FIELDS:
        yield _account(origin, value)
    elif origin.field == "history" and "messages" in value:
        yield from (_past_file(origin, item) for item in value.elements("messages"))
    else:
        for name, read in _LISTS.items():
            for item in value.elements(name):
                yield from read(origin, item)


def _content(origin: Origin, item: Wire, kind: str) -> InboundContent:
    found = whatsapp_content.content(item, kind)
    if isinstance(found, Unsupported) and not found.errors:
        return Unsupported(kind=found.kind, errors=origin.errors)
    return found


def _message(origin: Origin, item: Wire) -> Iterator[AnyEvent]:
    message_id, kind, group_id = item.id("id"), item.word("type") or "", item.text("group_id")
    if message_id is None or len(group_id or "") > MOST_PERSON_ID:
        yield unknown(origin, f"{origin.field}:{kind}", item)
        return
    fields = origin.event_fields(f"message:{message_id}", item)
    sender = origin.person(item, "from", "from_user_id", "from_parent_user_id")
    if kind == "system" and item.text("system", "type") in _SYSTEM:
        yield _identity(origin, fields, item)
    elif kind == "request_welcome":
        yield PostbackEvent(**fields, source="welcome", person=sender, opens_window=False, message_id=message_id)
    elif kind == "system":
        yield unknown(origin, f"system:{item.text('system', 'type')}", item)
    elif change := _change_of_another(fields, item, kind, "customer", sender):
        yield change
    elif not is_known(sender):
        yield unknown(origin, "message:nobody", item)
    else:
        yield InboundMessage(
            **fields,
            message_id=message_id,
            sender=sender,
            content=_content(origin, item, kind),
            reply_to=item.id("context", "id"),
            referral=_referral(item.at("referral")),
            group_id=group_id,
            forwarded=item.flag("context", "forwarded") or item.flag("context", "frequently_forwarded"),
            frequently_forwarded=item.flag("context", "frequently_forwarded"),
        )


def _change_of_another(
    fields: dict[str, Any], item: Wire, kind: str, author: Author, person: Person
) -> ReactionEvent | EditEvent | DeleteEvent | None:
    """Return a reaction, an edit or a deletion, which change another message; None for any other message."""
    by: dict[str, Any] = {**fields, "author": author, "person": person}
    original = item.id(kind, "original_message_id")
    target = item.id("reaction", "message_id")
    if kind == "reaction" and target:
        emoji = item.word("reaction", "emoji")
        return ReactionEvent(**by, message_id=target, emoji=emoji, reaction_id=item.id("id"))
    if kind == "edit" and original:
        edited = item.at("edit", "message")
        content = whatsapp_content.content(edited, edited.text("type") or "")
        return EditEvent(**by, message_id=original, content=content)
    if kind == "revoke" and original:
        return DeleteEvent(**by, message_id=original)
    return None


def _echo(origin: Origin, item: Wire) -> Iterator[AnyEvent]:
    """Read a message that a person wrote in the phone app on the same number."""
    message_id, kind = item.id("id"), item.word("type") or ""
    if message_id is None:
        yield unknown(origin, origin.field, item)
        return
    fields = origin.event_fields(f"echo:{message_id}", item)
    recipient = origin.person(item, "to", "to_user_id", "to_parent_user_id")
    change = _change_of_another(fields, item, kind, "business", recipient)
    if change is None and not is_known(recipient):
        yield unknown(origin, f"{origin.field}:nobody", item)
        return
    yield change or EchoMessage(
        **fields,
        message_id=message_id,
        recipient=recipient,
        content=whatsapp_content.content(item, kind),
        reply_to=item.id("context", "id"),
    )


def _status(origin: Origin, item: Wire) -> Iterator[AnyEvent]:
    message_id, status = item.id("id"), item.word("status")
    if message_id is None or status is None:
        yield unknown(origin, "status", item)
        return
    in_group = item.text("recipient_type") == "group"
    ids = "recipient_participant_id", "recipient_participant_user_id", "recipient_participant_parent_user_id"
    participant = next((text for name in ids if (text := item.text(name))), "")
    recipient = origin.person(item, "recipient_id", "recipient_user_id", "parent_recipient_user_id")
    yield StatusUpdate(
        **origin.event_fields(f"status:{message_id}:{status}:{participant}", item),
        message_id=message_id,
        status=status,
        recipient=None if in_group else recipient,
        group_id=item.text("recipient_id") if in_group else None,
        participant=origin.person(item, *ids) if participant else None,
        opaque=item.text("biz_opaque_callback_data"),
        pricing=_pricing(item.at("pricing")),
        errors=whatsapp_content.errors(item),
    )


def _identity(origin: Origin, fields: dict[str, Any], item: Wire) -> IdentityChange:
    """Read a change of identity: a new number has the old one in `from`, a new user id may have no old one here.

    The field user_id_update has the old user id.
    """
    system = item.at("system")
    before = origin.person(item, "from", "from_user_id", "from_parent_user_id")
    return IdentityChange(
        **fields,
        kind=_SYSTEM[system.text("type") or ""],
        previous=before if is_known(before) else None,
        current=origin.person(system, "wa_id", "new_wa_id", "customer", "user_id", "parent_user_id"),
        note=system.word("body", most=MOST_LINE),
    )


def _user_id(origin: Origin, item: Wire) -> Iterator[AnyEvent]:
    before = origin.person(item, "user_id.previous", "parent_user_id.previous")
    after = origin.person(item, "wa_id", "user_id.current", "parent_user_id.current")
    key = f"user_id:{before.user_id}:{after.user_id}:{item.text('timestamp')}"
    yield IdentityChange(
        **origin.event_fields(key, item),
        kind="user_id_changed",
        previous=before,
        current=after,
        note=item.word("detail", most=MOST_LINE),
    )


def _preference(origin: Origin, item: Wire) -> Iterator[AnyEvent]:
    value, category = item.text("value"), item.text("category") or ""
    person = origin.person(item, "wa_id", "user_id", "parent_user_id")
    key = f"preference:{person.wa_id or person.user_id}:{category}:{value}:{item.text('timestamp')}"
    allowed = {"stop": False, "resume": True}.get(value or "")
    yield PreferenceChange(**origin.event_fields(key, item), person=person, category=category, allowed=allowed)


def _history(origin: Origin, chunk: Wire) -> Iterator[AnyEvent]:
    """Read messages from before the number was connected, or the news that the business declined to share them."""
    if errors := whatsapp_content.errors(chunk):
        key = f"account:history:declined:{digest(chunk.value)}"
        details: dict[str, object] = {"code": errors[0].code}
        yield AccountEvent(**origin.event_fields(key, chunk), field="history", event="declined", details=details)
    for thread in chunk.elements("threads"):
        for item in thread.elements("messages"):
            yield _past_message(origin, chunk.at("metadata"), thread, item)


def _past_message(origin: Origin, about: Wire, thread: Wire, item: Wire) -> AnyEvent:
    message_id, kind = item.id("id"), item.word("type") or ""
    customer = origin.person(thread, "id", "context.wa_id", "context.user_id", "context.parent_user_id")
    if message_id is None or not is_known(customer):
        return unknown(origin, "history", item)
    sent = item.text("from")
    by_customer = sent is not None and sent in {customer.wa_id, customer.user_id}
    return HistoryMessage(
        **origin.event_fields(f"history:{message_id}", item),
        message_id=message_id,
        author="customer" if by_customer else "business",
        person=customer,
        content=whatsapp_content.content(item, kind),
        status=(item.text("history_context", "status") or "").lower() or None,
        phase=about.number("phase"),
        chunk_order=about.number("chunk_order"),
        progress=about.number("progress"),
    )


def _past_file(origin: Origin, item: Wire) -> AnyEvent:
    """Read the file of a message of the history, which comes by itself in the form of a message."""
    is_ours = item.text("from") == origin.our_phone
    thread = Wire({"id": item.text("to") if is_ours else item.text("from")})
    return _past_message(origin, Wire(None), thread, item)


def _template(origin: Origin, value: Wire) -> TemplateEvent:
    template_id = value.text("message_template_id") or ""
    aspect = _TEMPLATE_FIELDS[origin.field]
    now = {
        "status": value.word("event"),
        "quality": value.word("new_quality_score"),
        "category": value.word("new_category") or value.word("correct_category"),
        "components": value.text("message_template_element"),
    }[aspect]
    at = origin.entry_time.timestamp() if origin.entry_time else ""
    return TemplateEvent(
        **origin.event_fields(f"template:{template_id}:{aspect}:{digest(value.value)}:{at}", value),
        aspect=aspect,
        template_id=template_id,
        name=value.text("message_template_name"),
        language=value.text("message_template_language"),
        value=now,
        previous=value.text("previous_quality_score") or value.text("previous_category"),
        reason=value.text("reason"),
        details=_details(value),
    )


def _account(origin: Origin, value: Wire) -> AccountEvent:
    event = value.word("event") or value.word("decision") or value.word("status") or value.word("alert_type")
    at = origin.entry_time.timestamp() if origin.entry_time else ""
    return AccountEvent(
        **origin.event_fields(f"account:{origin.field}:{event}:{digest(value.value)}:{at}", value),
        field=origin.field,
        event=event,
        phone=value.text("display_phone_number") or value.text("phone_number"),
        details=_details(value),
    )


def _other(kind: str) -> Callable[[Origin, Wire], Iterator[AnyEvent]]:
    return lambda origin, item: iter([unknown(origin, kind, item)])


def _referral(wire: Wire) -> Referral | None:
    if not wire:
        return None
    return Referral(
        source=wire.word("source_type"),
        source_id=wire.word("source_id", most=MOST_LINE),
        url=wire.word("source_url", most=MOST_LINE),
        headline=wire.word("headline", most=MOST_LINE),
        body=wire.word("body", most=MOST_LINE),
        click_id=wire.word("ctwa_clid", most=MOST_LINE),
    )


def _pricing(wire: Wire) -> Pricing | None:
    if not wire:
        return None
    return Pricing(
        billable=wire.truth("billable"),
        model=wire.word("pricing_model"),
        category=wire.word("category"),
        type=wire.word("type"),
    )


def _details(value: Wire) -> dict[str, object]:
    details = plain(value.value)
    return details if isinstance(details, dict) else {}


_LISTS: dict[str, Callable[[Origin, Wire], Iterator[AnyEvent]]] = {
    "messages": _message,
    "statuses": _status,
    "message_echoes": _echo,
    "user_id_update": _user_id,
    "user_preferences": _preference,
    "history": _history,
    "calls": _other("calls"),
    "groups": _other("groups"),
}
