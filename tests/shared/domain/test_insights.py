"""Segments follow from what is known of a contact."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import msgspec
import pytest

from shared.domain.insights.models import ContactRecord, OrderTotals
from shared.domain.insights.service import segments

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIELDS = {field.name: None for field in msgspec.structs.fields(ContactRecord)}


@pytest.fixture
def record():
    """Return a contact made a year ago with so many orders, the last so many days ago."""

    def make(*, orders=0, cancelled=0, days=1, **fields):
        totals = OrderTotals(
            currency="EGP", orders=orders, delivered=0, cancelled=cancelled, lifetime_value=Decimal(1),
            average_order=None, first_order_at=NOW - timedelta(days=300), last_order_at=NOW - timedelta(days=days),
        )  # fmt: skip
        known = {
            "id": uuid4(), "customer_score": 0, "tags": [], "labels": [], "metadata": {}, "recent_orders": [],
            "conversations": [], "history": [], "order_totals": [totals] if orders else [],
            "created_at": NOW - timedelta(days=365), "updated_at": NOW,
        }  # fmt: skip
        return ContactRecord(**{**FIELDS, **known, **fields})

    return make


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ["lead"]),
        ({"created_at": NOW - timedelta(days=29)}, ["new", "lead"]),
        ({"created_at": NOW - timedelta(days=30)}, ["lead"]),
        ({"orders": 1}, ["buyer"]),
        ({"orders": 2, "cancelled": 1}, ["buyer"]),
        ({"orders": 1, "cancelled": 1, "days": 200}, ["lead"]),
        ({"orders": 2}, ["buyer", "repeat"]),
        ({"orders": 10}, ["buyer", "repeat", "vip"]),
        ({"orders": 1, "days": 90}, ["buyer"]),
        ({"orders": 1, "days": 91}, ["buyer", "at_risk"]),
        ({"tags": ["VIP"]}, ["lead", "vip"]),
        ({"labels": ["vip"]}, ["lead", "vip"]),
        ({"journey_stage": "Vip"}, ["lead", "vip"]),
    ],
)
def test_segments_follow_from_the_record(record, facts, expected):
    assert segments(record(**facts), now=NOW) == expected
