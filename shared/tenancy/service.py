"""What may be done to an organization, and when."""

from uuid import UUID

from shared.kernel.countries import check_country
from shared.kernel.errors import Conflict, Forbidden, NotFound
from shared.kernel.money import check_currency
from shared.runtime.db import Tx

from . import queries
from .models import Organization


class TooManyOrganizations(Conflict):
    """Told by the database, which counts them."""

    code = "too_many_organizations"


class AnonymousAccount(Forbidden):
    """Told by the database."""

    code = "anonymous_account"


async def create_organization(tx: Tx, *, name: str, timezone: str, country: str, currency: str) -> Organization:
    """The calling person owns it, and the next token they get names it.

    Raises:
        UnknownCountry, UnknownCurrency: ISO has no such code.
        Refusal: forbidden for an agent, anonymous_account for who has no address, too_many_organizations for a person
            who owns ten.
    """
    check_country(country)
    check_currency(currency)
    return await queries.insert_organization(tx, name=name, timezone=timezone, country=country, currency=currency)


async def get_organization(tx: Tx, *, organization_id: UUID | None) -> Organization:
    found = await queries.find_organization(tx, organization_id=organization_id) if organization_id else None
    if found is None:
        raise NotFound
    return found
