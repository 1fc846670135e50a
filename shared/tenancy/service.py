"""Rules of organizations."""

from uuid import UUID

from shared.kernel.countries import check_country
from shared.kernel.errors import Conflict, Forbidden, NotFound
from shared.kernel.money import check_currency
from shared.runtime.postgres.transaction import Tx

from . import queries
from .models import Organization


class CurrencyInUse(Conflict):
    """Raised by the database: prices are in the organization's currency."""

    code = "currency_in_use"


class AuditIsAppendOnly(Forbidden):
    """Raised by the database: nobody changes the trail."""

    code = "audit_is_append_only"


class TooManyOrganizations(Conflict):
    """Raised by the database: a person owns too many organizations."""

    code = "too_many_organizations"


class AnonymousAccount(Forbidden):
    """Raised by the database: the account has no address."""

    code = "anonymous_account"


async def create_organization(tx: Tx, *, name: str, timezone: str, country: str, currency: str) -> Organization:
    """Create an organization that the calling person owns; the person's next token names it.

    Raises:
        UnknownCountry, UnknownCurrency: ISO does not have the code.
        Refusal: forbidden for an agent, anonymous_account for a person without an address, too_many_organizations
            for a person who owns ten.
    """
    check_country(country)
    check_currency(currency)
    return await queries.insert_organization(tx, name=name, timezone=timezone, country=country, currency=currency)


async def get_organization(tx: Tx, *, organization_id: UUID | None) -> Organization:
    found = await queries.find_organization(tx, organization_id=organization_id) if organization_id else None
    if found is None:
        raise NotFound
    return found
