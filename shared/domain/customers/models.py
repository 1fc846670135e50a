"""Contacts, as lists and single calls return them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class ContactRow(msgspec.Struct, frozen=True):
    """A contact in a list; a field that the caller did not select is unset."""

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

    `phone_valid` is false for a number that may exist, but is in no known range of its country.
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
    """The caller's organization's stages and lead sources, and its country, for numbers without a country code."""

    country: str
    journey_stages: list[Choice]
    lead_sources: list[Choice]


class ContactFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that all hold at once. `journey_stage` is a name or an id.

    `phone_number` and `search_number` are `phone` and `search` in E.164.
    """

    phone: str | None = None
    phone_number: str | None = None
    email: str | None = None
    journey_stage: str | None = None
    label: str | None = None
    tag: str | None = None
    search: str | None = None
    search_number: str | None = None


class ContactChanges(msgspec.Struct, frozen=True, kw_only=True):
    """New values of a contact: an unset field stays, None clears it; stages and sources by name or id."""

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
    """A contact that was created, or one that existed: `matched_on` says whether its phone or its e-mail matched."""

    created: bool
    matched_on: str | None
    contact: Contact


class UpdatedContact(msgspec.Struct, frozen=True):
    contact: Contact


class UnreadPhone(msgspec.Struct, frozen=True):
    """A contact whose number was not checked: /rest/v1 and channels write it as it is."""

    id: UUID
    phone_number: str


class PhonesRead(msgspec.Struct, frozen=True):
    read: int
    invalid: int
