"""What may be asked of what is known of a contact."""

from uuid import UUID

from shared.kernel import emails, phones
from shared.kernel.errors import Conflict
from shared.runtime.db import Tx

from . import queries
from .models import ContactErased, ContactExport, ExportedBefore

_COUNTRY_IS_GIVEN = "ZZ"
"""Read only for numbers without a country code."""
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
    """All that is known of who has that number, address or id of a channel, with or without a contact."""
    spelled = _spelled(identity)
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
        Refusal: export_first.
    """
    return await queries.erase_person(tx, identity=_spelled(identity), without_export=without_export)


def _spelled(identity: str) -> str:
    """As it is kept: a number in E.164, an address cleaned, an id of a channel as it is."""
    written = identity.strip()
    if "@" in written:
        return emails.clean(written)
    number = phones.normalize(written, _COUNTRY_IS_GIVEN) if "+" in written else None
    return number or written
