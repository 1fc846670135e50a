"""What may be asked of what is known of a contact."""

from uuid import UUID

from shared.domain.customers import service as customers
from shared.domain.customers.service import InvalidPhone
from shared.kernel import emails, phones
from shared.kernel.errors import Conflict
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import ContactErased, ContactExport, ExportedBefore

_FEWEST_OF_A_PHONE = 7
_MOST_OF_A_PHONE = 13
"""Digits of a number without plus or zero before it; more are an id of a channel."""
MOST_MESSAGES = 2000
MOST_ROWS = 1000
"""Of orders and of the trail, each page."""


class ExportFirst(Conflict):
    """Raised by the database: a contact is erased after its export, or where nobody wants one."""

    code = "export_first"


async def export_contact(tx: Tx, *, customer_id: UUID, before: ExportedBefore) -> ContactExport:
    """All that is known; that it was handed out stands in the trail.

    Raises:
        Refusal: not_found.
    """
    await queries.record_export(tx, customer_id=customer_id)
    return await _export(tx, customer_id, None, before)


async def export_person(tx: Tx, *, identity: str, before: ExportedBefore) -> ContactExport:
    """All that is known of who has that number, address or id of a channel, with or without a contact.

    Raises:
        InvalidPhone: for digits that name nobody.
    """
    spelled = await _spelled(tx, identity)
    contact = await queries.record_person_export(tx, identity=spelled)
    return await _export(tx, contact, spelled, before)


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
    """Forgets the person; orders stay without them. What was taken cannot be brought back.

    Raises:
        Refusal: not_found; export_first.
    """
    return await queries.erase_contact(tx, customer_id=customer_id, without_export=without_export)


async def erase_person(tx: Tx, *, identity: str, without_export: bool) -> ContactErased:
    """Forgets who has that number, address or id of a channel, with or without a contact.

    Raises:
        InvalidPhone: for digits that name nobody.
        Refusal: export_first.
    """
    spelled = await _spelled(tx, identity)
    return await queries.erase_person(tx, identity=spelled, without_export=without_export)


async def _spelled(tx: Tx, identity: str) -> str:
    """As it is kept: a number in E.164, an address cleaned, an id of a channel as it is."""
    written = identity.strip()
    if "@" in written:
        return emails.clean(written)
    if not phones.is_spelt(written):
        return written
    digits = phones.plain(written)
    if not digits.isdigit() or digits.startswith("0"):
        return await customers.read_new_phone(tx, text=written)
    return digits if len(digits) > _MOST_OF_A_PHONE else await _digits(tx, digits)


async def _digits(tx: Tx, digits: str) -> str:
    """A number, or the id that a channel gives somebody: one that is known, or as long as a whole number."""
    phone = await customers.read_phone(tx, text=digits)
    if phone is not None:
        return phone
    if len(digits) < _FEWEST_OF_A_PHONE and not await queries.find_identity(tx, value=digits):
        raise InvalidPhone
    return digits
