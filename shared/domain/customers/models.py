"""Contacts as lists and single calls answer them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class ContactRow(msgspec.Struct, frozen=True):
    """A contact in a list; a field that was not asked for is unset."""

    id: UUID
    created_at: datetime
    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    phone_number: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    company: str | UnsetType | None = UNSET
    journey_stage: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    last_contact: datetime | UnsetType | None = UNSET


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """`journey_stage` and `lead_source` are the names the organization gave them.

    `phone_valid` is false for a number that may exist, yet is in no range of its country that we know.
    """

    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone_number: str | None
    phone_raw: str | None
    phone_valid: bool | None
    company: str | None
    address: dict[str, Any] | None
    journey_stage: str | None
    lead_source: str | None
    customer_label: str | None
    assigned_to: str | None
    customer_score: int
    tags: list[str]
    last_contact: datetime | None
    next_follow_up: datetime | None
    notes: str | None
    created_at: datetime
    updated_at: datetime


class Choice(msgspec.Struct, frozen=True):
    """A stage or a source that a contact may be given."""

    id: UUID
    name: str


class Choices(msgspec.Struct, frozen=True):
    """What the caller's organization lets a contact be; its country reads phone numbers without a country code."""

    country: str
    journey_stages: list[Choice]
    lead_sources: list[Choice]


class ContactFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All that are given must hold. `journey_stage` is a name or an id; numbers are `phone` and `search` in E.164."""

    phone: str | None = None
    phone_number: str | None = None
    email: str | None = None
    journey_stage: str | None = None
    label: str | None = None
    tag: str | None = None
    search: str | None = None
    search_number: str | None = None


class ContactChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of a contact: what is unset stays, None clears; stages and sources by name or id."""

    first_name: str | UnsetType | None = UNSET
    last_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    company: str | UnsetType | None = UNSET
    address: dict[str, str] | UnsetType | None = UNSET
    journey_stage: str | UnsetType | None = UNSET
    lead_source: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    assigned_to: str | UnsetType | None = UNSET
    customer_label: str | UnsetType | None = UNSET
    customer_score: int | UnsetType | None = UNSET
    last_contact: datetime | UnsetType | None = UNSET
    next_follow_up: datetime | UnsetType | None = UNSET


class CreatedContact(msgspec.Struct, frozen=True):
    """`created` is false where `contact` was there before: `matched_on` says whether by its phone or its e-mail."""

    created: bool
    matched_on: str | None
    contact: Contact


class UpdatedContact(msgspec.Struct, frozen=True):
    contact: Contact


class UnreadPhone(msgspec.Struct, frozen=True):
    """A contact whose number nobody has read: tables over HTTP and channels write it as it is."""

    id: UUID
    phone_number: str


class PhonesRead(msgspec.Struct, frozen=True):
    read: int
    invalid: int
