"""The rows of the demo business, with the names and types of their columns."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

import msgspec

NAMESPACE = UUID("6b1f0d1c-5f0e-5b67-9a39-0c1d5a1e7a11")


def fixed_id(*parts: str | int) -> UUID:
    """Return the same id for the same parts, on every machine."""
    return uuid5(NAMESPACE, "/".join(map(str, parts)))


class Organization(msgspec.Struct):
    id: UUID
    name: str
    plan_code: str
    created_at: datetime
    updated_at: datetime
    timezone: str = "Africa/Cairo"
    country: str = "EG"
    currency: str = "EGP"
    additional_agents: int = 0


class User(msgspec.Struct):
    """A person who may sign in, or the user behind an agent, who may not."""

    id: UUID
    email: str | None
    encrypted_password: str | None
    email_confirmed_at: datetime | None
    raw_app_meta_data: dict[str, object]
    raw_user_meta_data: dict[str, object]
    created_at: datetime
    updated_at: datetime
    aud: str = "authenticated"
    role: str = "authenticated"


class Identity(msgspec.Struct):
    id: UUID
    provider_id: str
    user_id: UUID
    identity_data: dict[str, object]
    created_at: datetime
    updated_at: datetime
    provider: str = "email"


class Member(msgspec.Struct):
    organization_id: UUID
    user_id: UUID
    role: str
    created_at: datetime


class AgentAccount(msgspec.Struct):
    id: UUID
    organization_id: UUID
    user_id: UUID
    name: str
    platform: str
    created_at: datetime


class AgentKey(msgspec.Struct):
    id: UUID
    organization_id: UUID
    agent_id: UUID
    name: str
    prefix: str
    key_hash: str
    scopes: list[str]
    is_active: bool
    created_by: UUID
    created_at: datetime


class Label(msgspec.Struct):
    id: UUID
    organization_id: UUID
    name: str
    color: str
    created_at: datetime
    updated_at: datetime


class Contact(msgspec.Struct):
    id: UUID
    organization_id: UUID
    first_name: str
    last_name: str
    email: str | None
    phone_number: str | None
    phone_raw: str | None
    company: str | None
    address: dict[str, str]
    journey_stage_id: UUID
    lead_source_id: UUID
    assigned_to: str | None
    customer_score: int
    tags: list[str]
    last_contact: datetime | None
    next_follow_up: datetime | None
    notes: str | None
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, object] = {}


class ContactLabel(msgspec.Struct):
    organization_id: UUID
    customer_id: UUID
    label_id: UUID
    created_at: datetime


class ContactIdentity(msgspec.Struct):
    id: UUID
    organization_id: UUID
    customer_id: UUID
    kind: str
    value: str
    created_at: datetime


class Item(msgspec.Struct):
    id: UUID
    organization_id: UUID
    name: str
    description: str
    item_no: str
    sku: str
    barcode: str
    category: str
    unit: str
    cost_price: float
    selling_price: int
    min_stock_level: int
    is_active: bool
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, object] = {}


class Warehouse(msgspec.Struct):
    id: UUID
    organization_id: UUID
    name: str
    location: str
    is_active: bool
    is_default: bool
    created_at: datetime
    updated_at: datetime


class Movement(msgspec.Struct):
    id: UUID
    organization_id: UUID
    inventory_item_id: UUID
    warehouse_id: UUID
    movement_type: str
    quantity: int
    reference_id: str
    created_by: UUID
    created_at: datetime


class Order(msgspec.Struct):
    """An order; always pending when it is inserted, moved on by its steps."""

    id: UUID
    organization_id: UUID
    customer_id: UUID
    order_number: str
    order_status: str
    total_amount: int
    currency: str
    shipping_address: dict[str, str]
    source: str
    payment_mode: str
    payment_status: str
    notes: str | None
    created_at: datetime
    updated_at: datetime


class OrderLine(msgspec.Struct):
    id: UUID
    order_id: UUID
    item_id: UUID | None
    name: str | None
    qty: int
    unit_price: int
    created_at: datetime


class Status(StrEnum):
    """Steps in their order; a cancelled order takes no further step."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    FULFILLING = "fulfilling"
    SHIPPED = "shipped"
    DELIVERED = "delivered"


class Step(msgspec.Struct):
    """A legal transition of an order, with its time and its actor."""

    order_id: UUID
    order_status: Status
    at: datetime
    actor_type: str
    actor_id: UUID
    awb_number: str | None = None
    payment_status: str | None = None
    refund_amount: int | None = None


class OrderSequence(msgspec.Struct):
    organization_id: UUID
    year: int
    last_number: int


class ChannelAccount(msgspec.Struct):
    """A connected channel; `token_sealed` is in the hexadecimal form of a bytea."""

    id: UUID
    organization_id: UUID
    platform: str
    external_id: str
    waba_id: str | None
    page_id: str | None
    display_name: str
    phone: str | None
    token_sealed: str
    created_at: datetime
    updated_at: datetime


class ChannelIdentity(msgspec.Struct):
    organization_id: UUID
    channel_id: UUID
    kind: str
    value: str
    chat_id: UUID
    created_at: datetime


class Chat(msgspec.Struct):
    id: UUID
    organization_id: UUID
    customer_id: UUID | None
    platform: str
    channel_id: UUID
    platform_chat_id: str
    contact_name: str
    contact_phone: str | None
    contact_platform_id: str
    last_message_time: datetime
    last_inbound_at: datetime
    unread_count: int
    is_archived: bool
    assigned_to: str | None
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, object] = {}


class Message(msgspec.Struct):
    id: UUID
    organization_id: UUID
    chat_id: UUID
    content: str
    message_type: str
    direction: str
    status: str
    sender_type: str
    sender_id: UUID | None
    platform_message_id: str
    timestamp: datetime
    created_at: datetime
