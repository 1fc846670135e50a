"""Tools for contacts."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

import msgspec
from pydantic import Field, StringConstraints

from shared.domain.customers import service
from shared.domain.customers.models import (
    ContactChanges,
    ContactFilter,
    ContactRow,
    CreatedContact,
    UpdatedContact,
)
from shared.domain.insights import service as insights
from shared.domain.insights.models import ContactProfile
from shared.kernel.structs import fields_of
from shared.kernel.timestamps import Timestamp
from shared.platform.mcp.lists import ListArguments, Listing, fit_page
from shared.platform.mcp.registry import Arguments, ToolContext, WriteArguments, tool

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Phone = Annotated[str, Field(min_length=4, max_length=50)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Notes = Annotated[str, Field(max_length=10000)]
Tags = Annotated[list[Word], Field(max_length=50)]
ContactField = Literal[
    "first_name",
    "last_name",
    "phone_number",
    "email",
    "company",
    "journey_stage",
    "tags",
    "last_contact",
]
STAGE = "Name or id"


class ListContacts(ListArguments):
    phone: Phone | None = Field(default=None, description="Any spelling, or its last digits")
    email: Email | None = None
    journey_stage: Word | None = Field(default=None, description=STAGE)
    label: Word | None = None
    tag: Word | None = None
    search: Name | None = Field(default=None, description="Name, company, phone")
    fields: list[ContactField] | None = None


class Contacts(Listing[ContactRow], frozen=True):
    pass


class GetContact(Arguments):
    customer_id: UUID


class ContactFields(WriteArguments):
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    company: Name | None = None
    tags: Tags | None = None
    journey_stage: Word | None = Field(default=None, description=STAGE)
    lead_source: Word | None = Field(default=None, description=STAGE)
    notes: Notes | None = None


class CreateContact(ContactFields):
    pass


class UpdateContact(ContactFields):
    absence_counts: ClassVar[bool] = True

    customer_id: UUID
    address: dict[Literal["line1", "line2", "city", "country"], Name] | None = None
    assigned_to: Annotated[str | None, Field(max_length=100)] = Field(
        default=None, description="User id of a member or agent"
    )
    customer_label: Word | None = None
    next_follow_up: Timestamp | None = None


@tool(scope="read", title="List contacts")
async def nexus_list_contacts(context: ToolContext, arguments: ListContacts) -> Contacts:
    """List contacts, newest first, by any of these filters."""
    filters = ContactFilter(**fields_of(ContactFilter, arguments))
    page = await service.list_contacts(context.tx, filters=filters, cursor=arguments.cursor, limit=arguments.limit)
    return fit_page(Contacts, page, fields=arguments.fields, cursor_of=service.cursor_of)


@tool(scope="read", title="Get a contact")
async def nexus_get_contact(context: ToolContext, arguments: GetContact) -> ContactProfile:
    """Get one contact with segments, order totals, recent orders, conversations, history."""
    return await insights.get_contact_profile(context.tx, customer_id=arguments.customer_id)


@tool(scope="write", title="Create a contact", idempotent=True)
async def nexus_create_contact(context: ToolContext, arguments: CreateContact) -> CreatedContact:
    """Create a contact. If one has the same phone or email, it is returned unchanged with created false."""
    return await service.create_contact(context.tx, changes=_changes(arguments, skipping_none=True))


@tool(scope="write", title="Update a contact", idempotent=True)
async def nexus_update_contact(context: ToolContext, arguments: UpdateContact) -> UpdatedContact:
    """Change the fields given; null clears one; tags are replaced as a whole."""
    return await service.update_contact(
        context.tx, customer_id=arguments.customer_id, changes=_changes(arguments, skipping_none=False)
    )


def _changes(arguments: ContactFields, *, skipping_none: bool) -> ContactChanges:
    given = arguments.model_dump(
        exclude={"customer_id", "idempotency_key"}, exclude_unset=True, exclude_none=skipping_none
    )
    return msgspec.convert(given, ContactChanges)
