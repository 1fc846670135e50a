"""What the database keeps true of items and warehouses, whatever surface writes them."""

import uuid

import pytest

from shared.domain.catalog import service
from shared.kernel.errors import Refusal


async def test_the_first_warehouse_is_the_default_and_there_is_one_at_most(org, tx_as):
    async with tx_as(org.owner, scope="write") as tx:
        await tx.run("INSERT INTO warehouses (name) VALUES ('Cairo'), ('Giza')")
    async with tx_as(org.owner, scope="write") as tx:
        assert await tx.run("SELECT FROM warehouses WHERE is_default AND name = 'Cairo'") == 1
        await tx.run("UPDATE warehouses SET is_default = true WHERE name = 'Giza'")
        assert await tx.run("SELECT FROM warehouses WHERE is_default AND name = 'Giza'") == 1
        assert await tx.run("SELECT FROM warehouses WHERE is_default") == 1


@pytest.mark.parametrize(("plan", "cap"), [("free", 1), ("starter", 2)])
async def test_warehouses_beyond_the_plan_are_refused(tenants, tx_as, plan, cap):
    org = tenants.org(plan=plan)
    with pytest.raises(Refusal) as refused:
        async with tx_as(org.owner, scope="write") as tx:
            await tx.run(
                "INSERT INTO warehouses (name) SELECT 'Warehouse ' || n FROM generate_series(1, %(n)s) AS n", n=cap + 1
            )
    assert (refused.value.status, refused.value.code) == (403, "plan_limit_exceeded")
    assert refused.value.details["resource"] == "warehouses"
    assert refused.value.details["limit"] == cap


async def test_a_foreign_organization_is_refused_before_its_plan_is_looked_at(tenants, org, tx_as):
    full = tenants.org(plan="free")
    async with tx_as(full.owner, scope="write") as tx:
        await tx.run("INSERT INTO warehouses (name) VALUES ('Only')")
    for organization in (full.id, uuid.uuid4()):
        with pytest.raises(Refusal) as refused:
            async with tx_as(org.owner, scope="write") as tx:
                await tx.run(
                    "INSERT INTO warehouses (organization_id, name) VALUES (%(org)s, 'Mine')", org=organization
                )
        assert refused.value.code == "permission_denied"


@pytest.mark.parametrize("column", ["sku", "item_no", "barcode"])
async def test_codes_are_unique_within_the_organization_only(org, other_org, tx_as, column):
    insert = f"INSERT INTO items ({column}, name) VALUES ('X-1', 'Thing')"
    for owner in (org.owner, other_org.owner):
        async with tx_as(owner, scope="write") as tx:
            assert await tx.run(insert) == 1
    with pytest.raises(Refusal) as refused:
        async with tx_as(org.owner, scope="write") as tx:
            await tx.run(insert)
    assert refused.value.code == "already_exists"


async def test_unknown_foreign_and_inactive_items_are_named(org, other_org, open_shop, tx_as):
    shop, theirs = open_shop(org), open_shop(other_org).item("THEIRS")
    shop.item("OLD")
    shop.db.execute("UPDATE items SET is_active = false WHERE organization_id = %s", (org.id,))
    async with tx_as(org.owner, scope="read", read_only=True) as tx:
        with pytest.raises(service.UnknownItem) as unknown:
            await service.find_sellable(tx, references=["OLD", "THEIRS", theirs])
        with pytest.raises(service.ItemNotActive) as inactive:
            await service.find_sellable(tx, references=["OLD"])
    assert set(unknown.value.details["unknown"]) == {"THEIRS", str(theirs)}
    assert inactive.value.details == {"inactive": ["OLD"]}
