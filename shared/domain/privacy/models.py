"""All that is known of a contact, and what erasing took."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ExportedBefore(msgspec.Struct, frozen=True):
    """Where a page begins; None: at the newest."""

    messages: datetime | None = None
    orders: datetime | None = None
    trail: datetime | None = None


class ContactExport(msgspec.Struct, frozen=True):
    """Rows as the tables have them. What ends in `_before` is where to go on; null: there are no older ones.

    `contact` is null of a person who is none. Of `channel_events` the newest come.
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
    """How many went; of `orders` the person alone, of `trail_events` the values.

    Without `customer_id` there was no contact.
    """

    customer_id: UUID | None
    orders: int
    conversations: int
    messages: int
    files: int
    trail_events: int
