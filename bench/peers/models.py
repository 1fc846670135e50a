"""The peers' inputs and outputs as pydantic models, as FastAPI and both MCP servers expect them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

Limit = Annotated[int, Field(ge=1, le=100)]
Short = Annotated[str, Field(max_length=200)]


class ContactRow(BaseModel):
    id: UUID
    created_at: datetime
    first_name: str | None
    last_name: str | None
    phone_number: str | None
    email: str | None
    company: str | None
    journey_stage: str | None
    tags: list[str]
    last_contact: datetime | None


class ContactPage(BaseModel):
    data: list[ContactRow]


class CompanyRow(BaseModel):
    id: UUID
    created_at: datetime
    first_name: str | None
    last_name: str | None
    phone_number: str | None
    email: str | None
    company: str | None
    tags: list[str]
    last_contact: datetime | None


class CompanyPage(BaseModel):
    data: list[CompanyRow]


class PlacedBy(BaseModel):
    id: UUID
    first_name: str | None
    last_name: str | None


class PlacedRow(BaseModel):
    id: UUID
    created_at: datetime
    order_number: str
    order_status: str
    total_amount: Decimal
    customers: PlacedBy | None


class PlacedPage(BaseModel):
    data: list[PlacedRow]


class OrderTotals(BaseModel):
    currency: str
    orders: int
    delivered: int
    cancelled: int
    lifetime_value: Decimal
    average_order: Decimal | None
    first_order_at: datetime
    last_order_at: datetime


class RecentOrder(BaseModel):
    id: UUID
    order_number: str
    order_status: str
    total_amount: Decimal
    currency: str
    created_at: datetime


class RecentConversation(BaseModel):
    id: UUID
    platform: str
    last_message: str | None
    last_message_time: datetime
    unread_count: int
    is_archived: bool


class Activity(BaseModel):
    at: datetime
    action: str
    actor_type: str
    entity_id: UUID


class Contact(BaseModel):
    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone_number: str | None
    phone_raw: str | None
    company: str | None
    address: dict[str, Any] | None
    shopify_customer_id: str | None
    journey_stage: str | None
    lead_source: str | None
    customer_label: str | None
    assigned_to: str | None
    customer_score: int
    tags: list[str]
    last_contact: datetime | None
    next_follow_up: datetime | None
    notes: str | None
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    labels: list[str]
    order_totals: list[OrderTotals]
    recent_orders: list[RecentOrder]
    conversations: list[RecentConversation]
    history: list[Activity]


class Key(BaseModel):
    id: UUID
    agent_id: UUID
    agent_name: str
    name: str
    key_prefix: str
    scopes: list[str]
    is_active: bool
    expires_at: datetime | None
    last_used_at: datetime | None
    replaced_by: UUID | None
    created_at: datetime


class KeyPage(BaseModel):
    data: list[Key]


class NewContact(BaseModel):
    first_name: Short | None = None
    last_name: Short | None = None
    phone: Short | None = None
    email: Short | None = None
    company: Short | None = None
    notes: str | None = None


class Made(BaseModel):
    id: UUID


class Line(BaseModel):
    sku: Annotated[str, Field(max_length=100)]
    qty: Annotated[int, Field(ge=1, le=1_000_000)]


class NewOrder(BaseModel):
    customer_id: UUID
    items: Annotated[list[Line], Field(min_length=1, max_length=100)]
    notes: str | None = None
    payment_mode: str = "COD"
    idempotency_key: Annotated[str | None, Field(max_length=255)] = None


class Order(BaseModel):
    id: UUID
    order_number: str
    order_status: str
    total_amount: Decimal
    currency: str
    created_at: datetime


class OrderRow(Order):
    customer_id: UUID | None
    payment_status: str
    awb_number: str | None


class OrderPage(BaseModel):
    data: list[OrderRow]


class Stock(BaseModel):
    item_id: UUID
    name: str | None
    sku: str | None
    quantity: int
    available_quantity: int
    is_low: bool


class StockPage(BaseModel):
    data: list[Stock]


class Chat(BaseModel):
    id: UUID
    platform: str
    contact_name: str | None
    last_message: str | None
    last_message_time: datetime
    unread_count: int


class ChatPage(BaseModel):
    data: list[Chat]


class Find(BaseModel):
    kind: str
    id: UUID
    title: str


class Finds(BaseModel):
    data: list[Find]
