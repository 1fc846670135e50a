"""Actions on contacts, and their conditions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from shared.kernel import emails, phones
from shared.kernel.errors import Conflict, InvalidRequest, NotFound, Refusal
from shared.kernel.pagination import Page, encode_cursor, last_row, page
from shared.kernel.text import fold
from shared.runtime.log import log
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import (
    Choice,
    Choices,
    Contact,
    ContactChanges,
    ContactFilter,
    ContactRow,
    CreatedContact,
    PhonesRead,
    UnreadPhone,
    UpdatedContact,
)

_NO_COUNTRY = "ZZ"


class ContactExists(Conflict):
    """Raised by the database: a contact has the phone number or the e-mail address; `contact_id` is its id."""

    code = "contact_exists"


class UnknownJourneyStage(InvalidRequest):
    """`allowed` has the names of the organization's stages."""

    code = "unknown_journey_stage"


class UnknownLeadSource(InvalidRequest):
    """`allowed` has the names of the organization's lead sources."""

    code = "unknown_lead_source"


class InvalidPhone(InvalidRequest):
    code = "invalid_phone"
    default_message = "that is no phone number: send it with its country code, such as +201012345678"


class InvalidEmail(InvalidRequest):
    code = "invalid_email"
    default_message = "this is not an e-mail address: send only an address such as mona@example.com"


class ContactUnreachable(InvalidRequest):
    code = "contact_unreachable"
    default_message = "a contact needs at least one of first_name, last_name, company, phone and email"


def cursor_of(row: ContactRow) -> str:
    return encode_cursor(row.created_at, row.id)


async def list_contacts(tx: Tx, *, filters: ContactFilter, cursor: str | None, limit: int) -> Page[ContactRow]:
    """Return a page of contacts, the newest first.

    Raises:
        InvalidCursor: the cursor is of another list.
        UnknownJourneyStage: no contact was found, because the organization has no such stage.
    """
    after = last_row(cursor)
    filters = await _with_numbers(tx, filters)
    rows = await queries.list_contacts(tx, filters=filters, after=after, limit=limit + 1)
    if not rows and filters.journey_stage is not None:
        _choice((await queries.find_choices(tx)).journey_stages, filters.journey_stage, UnknownJourneyStage)
    return page(rows, limit, cursor_of)


async def create_contact(tx: Tx, *, changes: ContactChanges) -> CreatedContact:
    """Create the contact, or return the one that has its phone number or e-mail address, also among concurrent calls.

    Raises:
        UnknownJourneyStage, UnknownLeadSource, InvalidPhone, InvalidEmail, ContactUnreachable: before it writes.
        Refusal: plan_limit_exceeded.
    """
    choices = await queries.find_choices(tx)
    values = _columns(changes, choices)
    if not any(values.get(name) for name in ("first_name", "last_name", "company", "phone_number", "email")):
        raise ContactUnreachable
    try:
        async with tx.savepoint():
            customer_id = await queries.insert_contact(tx, values=values, phone_validity=_validity(changes, choices))
    except ContactExists as refusal:
        holder = UUID(refusal.details["contact_id"])
        return CreatedContact(False, refusal.details["matched_on"], await _contact(tx, holder))
    return CreatedContact(True, None, await _contact(tx, customer_id))


async def update_contact(tx: Tx, *, customer_id: UUID, changes: ContactChanges) -> UpdatedContact:
    """Change the fields that are set in `changes`; None clears a field.

    Raises:
        NotFound: there is no such contact in the caller's organization.
        UnknownJourneyStage, UnknownLeadSource, InvalidPhone, InvalidEmail: before anything is written.
        Refusal: contact_exists, with the id of the contact that has the phone number or e-mail address;
            contact_unreachable, where neither a name nor a way to the contact would be left.
    """
    needs_choices = (changes.phone, changes.journey_stage, changes.lead_source) != (UNSET, UNSET, UNSET)
    choices = await queries.find_choices(tx) if needs_choices else None
    values, validity = _columns(changes, choices), _validity(changes, choices)
    if await queries.update_contact(tx, customer_id=customer_id, values=values, phone_validity=validity) is None:
        raise NotFound
    return UpdatedContact(await _contact(tx, customer_id))


async def read_phone(tx: Tx, *, text: str) -> str | None:
    """Return a complete phone number in E.164, as a new contact would have it; None for any other text.

    The organization's country is read only when the number has no country code.
    """
    if not phones.is_spoken(text):
        return None
    if phones.has_country(text):
        return phones.normalize(text, _NO_COUNTRY)
    phone = phones.read(text, await queries.find_country(tx) or _NO_COUNTRY)
    return phone.number if phone and phone.valid else None


async def read_new_phone(tx: Tx, *, text: str) -> str:
    """Return the number in E.164, exactly as a new contact would have it.

    Raises:
        InvalidPhone: no contact can have this number.
    """
    country = _NO_COUNTRY if phones.has_country(text) else await queries.find_country(tx) or _NO_COUNTRY
    number = phones.normalize(text, country)
    if number is None:
        raise InvalidPhone
    return number


async def read_phones(tx: Tx, *, most: int) -> PhonesRead:
    """Record the validity of phone numbers that were written without a check."""
    unread = await queries.list_unread_phones(tx, limit=most)
    read = [phones.read(contact.phone_number, _NO_COUNTRY) for contact in unread]
    valid = [phone is not None and phone.valid for phone in read]
    try:
        async with tx.savepoint():
            await queries.update_phone_validity(tx, ids=[contact.id for contact in unread], valid=valid)
    except Refusal:
        await _update_one_by_one(tx, unread, valid)
    return PhonesRead(len(unread), valid.count(False))


async def _update_one_by_one(tx: Tx, unread: Sequence[UnreadPhone], valid: Sequence[bool]) -> None:
    """Record each validity under its own savepoint, so that a contact that cannot be changed affects no other."""
    for contact, is_valid in zip(unread, valid, strict=True):
        try:
            async with tx.savepoint():
                await queries.update_phone_validity(tx, ids=[contact.id], valid=[is_valid])
        except Refusal as refusal:
            log().warning("phone_unread", contact_id=str(contact.id), error=refusal.code)


async def _with_numbers(tx: Tx, filters: ContactFilter) -> ContactFilter:
    phone = filters.phone and await read_phone(tx, text=filters.phone)
    search = filters.search and await read_phone(tx, text=filters.search)
    return msgspec.structs.replace(filters, phone_number=phone, search_number=search)


async def _contact(tx: Tx, customer_id: UUID) -> Contact:
    contact = await queries.find_contact(tx, customer_id=customer_id)
    if contact is None:
        raise NotFound
    return contact


def _columns(changes: ContactChanges, choices: Choices | None) -> dict[str, Any]:
    """Return values by column: phones in E.164 and as written, stages and sources by id."""
    values: dict[str, Any] = msgspec.to_builtins(changes)
    for name in ("phone", "journey_stage", "lead_source"):
        values.pop(name, None)
    if changes.email and not emails.is_address(emails.clean(changes.email)):
        raise InvalidEmail
    if changes.tags:
        values["tags"] = list(dict.fromkeys(changes.tags))
    if choices is None:
        return values
    if changes.phone is not UNSET:
        values |= _phone_columns(changes.phone, choices.country)
    if changes.journey_stage is not UNSET:
        values["journey_stage_id"] = _choice(choices.journey_stages, changes.journey_stage, UnknownJourneyStage)
    if changes.lead_source is not UNSET:
        values["lead_source_id"] = _choice(choices.lead_sources, changes.lead_source, UnknownLeadSource)
    return values


def _phone_columns(phone: str | None, country: str) -> dict[str, str | None]:
    if phone is None:
        return {"phone_number": None, "phone_raw": None}
    number = phones.normalize(phone, country)
    if number is None:
        raise InvalidPhone
    return {"phone_number": number, "phone_raw": phone}


def _validity(changes: ContactChanges, choices: Choices | None) -> str:
    """Return the number and whether it is valid, for the database, which cannot check numbers; empty without one."""
    phone = phones.read(changes.phone, choices.country) if choices and isinstance(changes.phone, str) else None
    return f"{phone.number} {phone.valid}" if phone else ""


def _choice(
    choices: list[Choice], name_or_id: str | None, unknown: type[UnknownJourneyStage | UnknownLeadSource]
) -> UUID | None:
    """Return the id of the choice with this id or this name, in any spelling; None for None."""
    if name_or_id is None:
        return None
    for choice in choices:
        if fold(name_or_id) == fold(choice.name) or name_or_id.lower() == str(choice.id):
            return choice.id
    allowed = [choice.name for choice in choices]
    raise unknown(f"there is no {name_or_id!r} here; the organization has: {', '.join(allowed)}", allowed=allowed)
