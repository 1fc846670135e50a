"""Export and erasure of all that is known of a person."""

from uuid import UUID

from shared.domain.customers import service as customers
from shared.domain.customers.service import InvalidPhone
from shared.kernel import emails, phones
from shared.kernel.errors import Conflict
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import ContactErased, ContactExport, ExportedBefore

_MIN_PHONE_DIGITS = 7
_MAX_PHONE_DIGITS = 13
"""The most digits of a phone number without leading plus or zero; longer ones are ids of a channel."""
MOST_MESSAGES = 2000
MOST_ROWS = 1000
"""The rows of orders and of the trail in one page."""


class ExportFirst(Conflict):
    """Raised by the database: a contact is erased only after its export, unless the caller wants none."""

    code = "export_first"


async def export_contact(tx: Tx, *, customer_id: UUID, before: ExportedBefore) -> ContactExport:
    """Return all that is known of the contact, and record the export in the trail.

    Raises:
        Refusal: not_found.
    """
    await queries.record_export(tx, customer_id=customer_id)
    return await _export(tx, customer_id, None, before)


async def export_person(tx: Tx, *, identity: str, before: ExportedBefore) -> ContactExport:
    """Return all that is known of the person with that number, address or channel id, with or without a contact.

    Raises:
        InvalidPhone: the digits name nobody.
    """
    stored = await _stored_form(tx, identity)
    contact = await queries.record_person_export(tx, identity=stored)
    return await _export(tx, contact, stored, before)


async def _export(tx: Tx, customer_id: UUID | None, identity: str | None, before: ExportedBefore) -> ContactExport:
    return await queries.find_export(
        tx,
        customer_id=customer_id,
        identity=identity,
        before=before,
        most_messages=MOST_MESSAGES,
        most_rows=MOST_ROWS,
    )


async def erase_contact(tx: Tx, *, customer_id: UUID, without_export: bool) -> ContactErased:
    """Erase the person for good; orders stay, without the person.

    Raises:
        Refusal: not_found; export_first.
    """
    return await queries.erase_contact(tx, customer_id=customer_id, without_export=without_export)


async def erase_person(tx: Tx, *, identity: str, without_export: bool) -> ContactErased:
    """Erase the person with that number, address or channel id, with or without a contact.

    Raises:
        InvalidPhone: the digits name nobody.
        Refusal: export_first.
    """
    stored = await _stored_form(tx, identity)
    return await queries.erase_person(tx, identity=stored, without_export=without_export)


async def _stored_form(tx: Tx, identity: str) -> str:
    """Return the identity as it is stored: a number in E.164, a cleaned address, a channel id as it is."""
    written = identity.strip()
    if "@" in written:
        return emails.clean(written)
    if not phones.is_spelt(written):
        return written
    digits = phones.plain(written)
    if not digits.isdigit() or digits.startswith("0"):
        return await customers.read_new_phone(tx, text=written)
    return digits if len(digits) > _MAX_PHONE_DIGITS else await _phone_or_channel_id(tx, digits)


async def _phone_or_channel_id(tx: Tx, digits: str) -> str:
    """Return a phone number in E.164, or else the digits as a channel id, if it is known or as long as a number."""
    phone = await customers.read_phone(tx, text=digits)
    if phone is not None:
        return phone
    if len(digits) < _MIN_PHONE_DIGITS and not await queries.find_identity(tx, value=digits):
        raise InvalidPhone
    return digits
