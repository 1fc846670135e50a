"""The parser of webhook bodies; every body gives at least one event, and nothing is raised."""

from collections.abc import Iterator
from datetime import datetime

from shared.kernel.clock import utc_now

from . import messenger, whatsapp
from .events import AnyEvent, Channel, UnknownEvent
from .wire import Wire, decode, digest, payload

_CHANNELS: dict[str, Channel] = {
    "whatsapp_business_account": "whatsapp",
    "page": "facebook",
    "instagram": "instagram",
}
UNREADABLE = "unreadable"
"""The kind of an event that holds a body which is not JSON."""


def parse(raw: bytes, *, received_at: datetime | None = None) -> list[AnyEvent]:
    """Return every event of the body, in its order.

    An event without a time, or with a time after the receipt, gets the time of the receipt.
    """
    received = received_at or utc_now()
    value = decode(raw)
    if isinstance(value, dict):
        try:
            return list(_events(Wire(value), received))
        except RecursionError:
            pass  # nested deeper than any provider's body: kept as text
    return [_unknown("whatsapp", "", UNREADABLE, raw.decode("utf-8", "replace"), received)]


def _events(document: Wire, received: datetime) -> Iterator[AnyEvent]:
    kind = document.text("object") or ""
    channel = _CHANNELS.get(kind)
    entries = list(document.elements("entry"))
    if channel is None or not entries:
        yield _unknown(channel or "facebook", "", f"object:{kind}", document.value, received)
        return
    for entry in entries:
        if channel == "whatsapp":
            yield from whatsapp.events(entry, received)
        else:
            yield from messenger.events(channel, entry, received)


def _unknown(channel: Channel, account_id: str, kind: str, value: object, received: datetime) -> UnknownEvent:
    return UnknownEvent(
        channel=channel,
        account_id=account_id,
        business_id=account_id,
        dedup_key=f"unknown:{digest(value)}",
        occurred_at=received,
        kind=kind,
        payload=payload(value),
    )
