"""Organizations as the room's service makes and shows them."""

import uuid

import pytest

from shared.kernel.countries import UnknownCountry
from shared.kernel.errors import NotFound
from shared.kernel.money import UnknownCurrency
from shared.tenancy import queries, service
from shared.tenancy.transactions import service_tx

pytestmark = pytest.mark.anyio
SHOP = {"name": "Shop", "timezone": "Africa/Cairo", "country": "EG", "currency": "EGP"}


@pytest.fixture
def newcomer(tenants):
    """Return a person of no organization."""
    return tenants.person(None)


async def test_a_new_organization_has_what_its_owner_said_and_the_free_plan(tx_as, newcomer):
    async with tx_as(newcomer) as tx:
        made = await service.create_organization(tx, **SHOP)
    assert (made.name, made.timezone, made.country, made.currency) == tuple(SHOP.values())
    assert made.plan_code == "free"


@pytest.mark.parametrize(
    ("field", "refusal"), [({"country": "XX"}, UnknownCountry), ({"currency": "XXX"}, UnknownCurrency)]
)
async def test_a_code_that_iso_does_not_have_is_refused(tx_as, newcomer, field, refusal):
    with pytest.raises(refusal):
        async with tx_as(newcomer) as tx:
            await service.create_organization(tx, **SHOP | field)


async def test_a_member_sees_the_own_organization_and_nobody_anothers(tx_as, org, other_org):
    async with tx_as(org.owner) as tx:
        found = await service.get_organization(tx, organization_id=org.id)
        assert (found.id, found.plan_code, found.currency) == (org.id, "growth", "EGP")
        for organization_id in (other_org.id, uuid.uuid4(), None):
            with pytest.raises(NotFound):
                await service.get_organization(tx, organization_id=organization_id)


async def test_the_trail_is_deleted_after_the_period_of_the_plan(tx_as, tenants, org):
    async with tx_as(org.owner) as tx:
        await tx.run("INSERT INTO customers (first_name) VALUES ('Mona')")
    async with service_tx(request_id="test") as tx:
        await queries.delete_old_audit(tx)
    with tenants.database() as database:
        kept = database.execute("SELECT count(*) FROM audit_events WHERE organization_id = %s", [org.id]).fetchone()
    assert kept[0] > 0
