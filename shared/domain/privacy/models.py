"""All that is known of a contact, and what erasing took."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ContactExport(msgspec.Struct, frozen=True):
    """Rows as the tables have them. `messages_before` is where to go on; null: there are no older messages."""

    exported_at: datetime
    contact: dict[str, Any]
    identities: list[dict[str, Any]]
    labels: list[str]
    orders: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    files: list[dict[str, Any]]
    trail: list[dict[str, Any]]
    messages_before: datetime | None


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
