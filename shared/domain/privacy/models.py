"""The export of a person's data, and the result of an erasure."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ExportedBefore(msgspec.Struct, frozen=True):
    """The times before which a page begins; None begins with the newest row."""

    messages: datetime | None = None
    orders: datetime | None = None
    trail: datetime | None = None


class ContactExport(msgspec.Struct, frozen=True):
    """Rows as the tables have them. A field that ends in `_before` is where the next page begins; null is the end.

    `contact` is null for a person without a contact. `channel_events` holds the newest events only.
    """

    exported_at: datetime
    contact: dict[str, Any] | None
    identities: list[dict[str, Any]]
    labels: list[str]
    orders: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    files: list[dict[str, Any]]
    trail: list[dict[str, Any]]
    channel_events: list[dict[str, Any]]
    messages_before: datetime | None
    channel_identities: list[dict[str, Any]]
    orders_before: datetime | None
    trail_before: datetime | None


class ContactErased(msgspec.Struct, frozen=True):
    """Counts of erased rows. Orders stay without the person, and events of the trail without the values.

    `customer_id` is null if there was no contact.
    """

    customer_id: UUID | None
    orders: int
    conversations: int
    messages: int
    files: int
    trail_events: int
