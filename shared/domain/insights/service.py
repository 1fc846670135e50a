"""Search, and the profile of a contact."""

from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from shared.domain.customers import service as customers
from shared.kernel.clock import utc_now
from shared.kernel.errors import NotFound
from shared.kernel.structs import fields_of
from shared.kernel.text import fold
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import ContactDetails, ContactProfile, ContactRecord, Find, Segment

NEW = timedelta(days=30)
"""How long a contact counts as new."""
SILENT = timedelta(days=90)
"""A buyer whose last order is older is at risk."""
REPEAT_ORDERS = 2
VIP_ORDERS = 10

_folded = lru_cache(maxsize=1024)(fold)
"""Cached, because most contacts have the same few tags and labels."""


async def search(tx: Tx, *, query: str, kinds: list[str], limit: int) -> list[Find]:
    """Return finds, the best first."""
    number = await customers.read_phone(tx, text=query)
    return await queries.search(tx, query=query, number=number, kinds=kinds, limit=limit)


async def get_contact_profile(tx: Tx, *, customer_id: UUID) -> ContactProfile:
    """Return the contact with its segments, orders, conversations and history, by one statement.

    Raises:
        NotFound: there is no such contact in the caller's organization.
    """
    record = await queries.find_contact_record(tx, customer_id=customer_id)
    if record is None:
        raise NotFound
    return ContactProfile(
        contact=ContactDetails(**fields_of(ContactDetails, record)),
        segments=segments(record, now=utc_now()),
        order_totals=record.order_totals,
        recent_orders=record.recent_orders,
        conversations=record.conversations,
        history=record.history,
    )


def segments(record: ContactRecord, *, now: datetime) -> list[Segment]:
    """Return the segments of a customer; cancelled orders do not count."""
    orders = sum(totals.orders - totals.cancelled for totals in record.order_totals)
    last_order = max((totals.last_order_at for totals in record.order_totals), default=now)
    marks = {
        _folded(mark)
        for mark in (*record.tags, *record.labels, record.journey_stage or "", record.customer_label or "")
    }
    holds = {
        Segment.NEW: now - record.created_at < NEW,
        Segment.LEAD: orders == 0,
        Segment.BUYER: orders > 0,
        Segment.REPEAT: orders >= REPEAT_ORDERS,
        Segment.VIP: "vip" in marks or orders >= VIP_ORDERS,
        Segment.AT_RISK: orders > 0 and now - last_order > SILENT,
    }
    return [segment for segment, true in holds.items() if true]
