"""Orders, in lists and in full."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class OrderStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FULFILLING = "fulfilling"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentMode(StrEnum):
    COD = "COD"
    PREPAID = "prepaid"
    PARTIAL = "partial"


class OrderFilter(msgspec.Struct, frozen=True):
    """Conditions of a list; None is no condition."""

    order_status: OrderStatus | None = None
    customer_id: UUID | None = None
    order_number: str | None = None
    """A whole number or its beginning."""
    created_from: datetime | None = None
    """A time without a zone is in the organization's time zone."""
    created_below: datetime | None = None
    """The exclusive end, in the same manner."""


class OrderSummary(msgspec.Struct, frozen=True):
    """An order in a list; a field that the caller did not select is unset."""

    id: UUID
    created_at: datetime
    order_number: str | UnsetType = UNSET
    order_status: OrderStatus | UnsetType = UNSET
    customer_id: UUID | UnsetType | None = UNSET
    customer_name: str | UnsetType | None = UNSET
    total_amount: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    payment_status: str | UnsetType = UNSET
    awb_number: str | UnsetType | None = UNSET


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    country: str | None = None


class OrderLine(msgspec.Struct, frozen=True):
    item_id: UUID | None
    sku: str | None
    name: str | None
    qty: int
    unit_price: Decimal
    line_total: Decimal


class OrderCustomer(msgspec.Struct, frozen=True):
    id: UUID
    name: str | None
    phone_number: str | None
    email: str | None


class OrderEvent(msgspec.Struct, frozen=True):
    """A change of the order: `order_status` is its new status, if it changed; `changed` names the changed fields."""

    at: datetime
    action: str
    actor: str
    order_status: str | None
    changed: list[str]


class OrderDetail(msgspec.Struct, frozen=True):
    id: UUID
    order_number: str
    order_status: OrderStatus
    next_statuses: list[OrderStatus]
    customer: OrderCustomer | None
    total_amount: Decimal
    refund_amount: Decimal
    currency: str
    payment_mode: str
    payment_status: str
    shipping_address: dict[str, Any] | None
    """As it was written: /rest/v1 accepts any object."""
    awb_number: str | None
    source: str
    notes: str | None
    created_at: datetime
    updated_at: datetime
    lines: list[OrderLine]
    line_count: int
    timeline: list[OrderEvent]


class RequestedLine(msgspec.Struct, frozen=True):
    """A line that a caller orders: an item by id or SKU, at the item's price unless another is given."""

    item: UUID | str
    qty: int
    unit_price: Decimal | None = None


class PricedLine(msgspec.Struct, frozen=True):
    """A line about to be written."""

    item_id: UUID
    qty: int
    unit_price: Decimal


class NewOrder(msgspec.Struct, frozen=True):
    """An order about to be written."""

    customer_id: UUID
    currency: str
    total_amount: Decimal
    shipping_address: Address | None
    notes: str | None
    payment_mode: PaymentMode


class CreatedOrder(msgspec.Struct, frozen=True):
    id: UUID
    order_number: str
    order_status: OrderStatus
    total_amount: Decimal
    currency: str
    created_at: datetime


class OrderPayment(msgspec.Struct, frozen=True):
    """The payment of an order, and its refund."""

    id: UUID
    order_number: str
    order_status: OrderStatus
    payment_status: str
    refund_amount: Decimal
    total_amount: Decimal
    currency: str


class MovedOrder(msgspec.Struct, frozen=True):
    id: UUID
    order_number: str
    previous_status: OrderStatus
    order_status: OrderStatus
    next_statuses: list[OrderStatus]
