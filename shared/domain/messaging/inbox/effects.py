"""The effects of events, which are the same for repeated events and in any order."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.domain.channels import health
from shared.domain.channels.models import Channel
from shared.domain.channels.templates import service as templates
from shared.domain.messaging.attachments import service as attachments
from shared.domain.messaging.conversations import service as conversations
from shared.providers.meta import events as e
from shared.providers.meta.inbound import ProviderError
from shared.runtime.postgres.transaction import Tx

from . import conversion, queries
from .models import ChannelFact

_ADDRESS_BOOK = "smb_app_state_sync"
"""News of the contacts of the phone's owner, not of the account."""
_MOST_PAYLOAD_BYTES = 524_288
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:-]+")


async def apply(tx: Tx, channel: Channel, event: e.AnyEvent) -> None:
    await _EFFECTS[type(event)](tx, channel, event)


async def _message(tx: Tx, channel: Channel, event: e.InboundMessage | e.EchoMessage | e.HistoryMessage) -> None:
    person = _person(event)
    ids = conversion.ids_of(person, event.group_id if isinstance(event, e.InboundMessage) else None)
    phone = None if "group_id" in ids else conversion.phone_of(person)
    message, files = conversion.message_of(event), conversion.files_of(event.content)
    if not files:
        queries.keep_message(tx, channel_id=channel.id, person=ids, phone=phone, message=message)
        return
    received = await queries.receive_message(tx, channel_id=channel.id, person=ids, phone=phone, message=message)
    if received.is_new:
        attachments.attach_received(
            tx,
            organization_id=channel.organization_id,
            channel_id=channel.id,
            message_id=received.message_id,
            files=files,
        )


async def _status(tx: Tx, channel: Channel, event: e.StatusUpdate) -> None:
    if event.message_id is not None or conversion.uuid_of(event.opaque) is not None:
        if event.status != "failed" or not event.errors:
            queries.keep_message_event(tx, channel_id=channel.id, fact=conversion.fact_of(event))
            return
        message_id = await queries.record_message_event(tx, channel_id=channel.id, fact=conversion.fact_of(event))
        await _failure(tx, channel, event, message_id, event.errors[0])
    elif event.watermark is not None and event.recipient is not None:
        await _record(tx, channel, event, f"until.{event.status}", people=(event.recipient,))


async def _failure(
    tx: Tx, channel: Channel, event: e.StatusUpdate, message_id: UUID | None, error: ProviderError
) -> None:
    """Apply the effects of a failure on the channel and the conversation."""
    await health.apply_fault(tx, channel.id, error.kind, error.code, error.message, reported_at=event.occurred_at)
    if message_id is not None:
        await conversations.note_failure(tx, message_id=message_id, code=error.code, at=event.occurred_at)


async def _deletion(tx: Tx, channel: Channel, event: e.DeleteEvent) -> None:
    message_id = await queries.record_message_event(tx, channel_id=channel.id, fact=conversion.fact_of(event))
    if message_id is not None:
        await attachments.discard(tx, organization_id=channel.organization_id, message_id=message_id)


async def _postback(tx: Tx, channel: Channel, event: e.PostbackEvent) -> None:
    if event.opens_window:
        await queries.receive_message(
            tx,
            channel_id=channel.id,
            person=conversion.ids_of(event.person),
            phone=conversion.phone_of(event.person),
            message=conversion.tap_of(event),
        )
    else:
        await _record(tx, channel, event, f"{event.source}.opened", people=(event.person,))


async def _identity(tx: Tx, channel: Channel, event: e.IdentityChange) -> None:
    payload = msgspec.to_builtins(event) | {
        "previous_phone": conversion.phone_of(event.previous),
        "current_phone": conversion.phone_of(event.current),
    }
    await _record(tx, channel, event, f"identity.{event.kind}", people=(event.previous, event.current), payload=payload)


async def _preference(tx: Tx, channel: Channel, event: e.PreferenceChange) -> None:
    word = {True: "resume", False: "stop", None: "unknown"}[event.allowed]
    await _record(tx, channel, event, f"preference.{word}", people=(event.person,))


async def _template(tx: Tx, channel: Channel, event: e.TemplateEvent) -> None:
    await _record(tx, channel, event, f"template.{event.aspect}")
    await templates.apply_event(tx, channel, event)


async def _account(tx: Tx, channel: Channel, event: e.AccountEvent) -> None:
    name = f"account.{event.event or 'told'}"
    if event.field == _ADDRESS_BOOK:
        await _record(tx, channel, event, name, payload={"field": event.field, "people": _count_people(event)})
        return
    if await _record(tx, channel, event, name):
        await health.apply_account_event(tx, channel.id, event)


def _count_people(event: e.AccountEvent) -> int:
    """Count the people of an address book, whose data are not stored, because they did not write to the business."""
    people = event.details.get("state_sync")
    return len(people) if isinstance(people, list) else 0


async def _record(
    tx: Tx,
    channel: Channel,
    event: e.AnyEvent,
    name: str,
    *,
    people: Sequence[e.Person | None] = (),
    payload: Any = None,
) -> bool:
    """Record the event, with its effect on the conversation with the people; return whether it is new."""
    fact = ChannelFact(
        dedup_key=event.dedup_key,
        name=_name(name),
        payload=conversion.fitting(msgspec.to_builtins(event) if payload is None else payload, _MOST_PAYLOAD_BYTES),
        occurred_at=event.occurred_at,
        known_as=conversion.known_as(people),
    )
    return await queries.record_channel_event(tx, channel_id=channel.id, fact=fact)


def _name(name: str) -> str:
    """Return a name that the table accepts: short, of letters and digits, with a word after its full stop."""
    kind, _, happened = _NOT_IN_A_NAME.sub("_", name).partition(".")
    return f"{kind}.{happened or 'none'}"[:200]


def _person(event: e.InboundMessage | e.EchoMessage | e.HistoryMessage) -> e.Person:
    match event:
        case e.InboundMessage():
            return event.sender
        case e.EchoMessage():
            return event.recipient
        case e.HistoryMessage():
            return event.person


async def _fact_of_a_message(tx: Tx, channel: Channel, event: e.ReactionEvent | e.EditEvent) -> None:
    queries.keep_message_event(tx, channel_id=channel.id, fact=conversion.fact_of(event))


async def _handover(tx: Tx, channel: Channel, event: e.HandoverEvent) -> None:
    await _record(tx, channel, event, f"handover.{event.action}", people=(event.person,))


async def _unknown(tx: Tx, channel: Channel, event: e.UnknownEvent) -> None:
    await _record(tx, channel, event, f"unknown.{event.kind}", payload=event.payload)


_EFFECTS: dict[type[e.Event], Callable[[Tx, Channel, Any], Awaitable[None]]] = {
    e.InboundMessage: _message,
    e.EchoMessage: _message,
    e.HistoryMessage: _message,
    e.StatusUpdate: _status,
    e.ReactionEvent: _fact_of_a_message,
    e.EditEvent: _fact_of_a_message,
    e.DeleteEvent: _deletion,
    e.PostbackEvent: _postback,
    e.IdentityChange: _identity,
    e.PreferenceChange: _preference,
    e.TemplateEvent: _template,
    e.AccountEvent: _account,
    e.HandoverEvent: _handover,
    e.UnknownEvent: _unknown,
}
