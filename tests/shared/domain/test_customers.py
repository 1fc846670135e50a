"""What the database keeps true of contacts, whatever surface writes them."""

import pytest

from shared.kernel.errors import Refusal

pytestmark = pytest.mark.anyio


async def test_every_organization_begins_with_stages_and_sources(org, tenants):
    with tenants.database() as db:
        stages = db.execute(
            "SELECT name FROM customer_journey_stages WHERE organization_id = %s ORDER BY position", (org.id,)
        ).fetchall()
        sources = db.execute("SELECT count(*) FROM lead_sources WHERE organization_id = %s", (org.id,)).fetchone()
        events = db.execute(
            "SELECT count(*) FROM audit_events WHERE organization_id = %s"
            " AND entity_type IN ('customer_journey_stages', 'lead_sources')",
            (org.id,),
        ).fetchone()
    assert [stage[0] for stage in stages] == ["lead", "prospect", "customer", "vip", "churned"]
    assert (sources, events) == ((8,), (0,))


@pytest.fixture
def run_as(tx_as):
    """`await run_as(caller, "sql", ...)`: the statements in one transaction."""

    async def run(caller, *statements, **params):
        async with tx_as(caller, scope="write") as tx:
            for statement in statements:
                await tx.run(statement, **params)

    return run


@pytest.mark.parametrize("column", ["phone_number", "email"])
async def test_a_raw_insert_of_a_known_contact_is_refused_with_its_id(org, run_as, column):
    value = {"phone_number": "+201012345678", "email": "mona@example.com"}[column]
    sql = f"INSERT INTO customers ({column}) VALUES (%(value)s)"
    with pytest.raises(Refusal) as refused:
        await run_as(org.owner, sql, sql, value=value)
    assert (refused.value.status, refused.value.code) == (409, "contact_exists")
    assert set(refused.value.details) == {"contact_id", "matched_on"}


async def test_an_erased_contact_frees_its_phone_and_its_place_in_the_plan(org, tx_as, tenants):
    async with tx_as(org.owner, scope="admin") as tx:
        for _ in range(2):
            assert await tx.run("INSERT INTO customers (phone_number) VALUES ('+201012345678')") == 1
            assert await tx.run("SELECT app.erase_contact(id, true) FROM customers") == 1
    with tenants.database() as db:
        used = db.execute(
            "SELECT used FROM usage_counters WHERE organization_id = %s AND resource = 'contacts'", (org.id,)
        ).fetchone()
    assert used == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO customers (phone_number) VALUES ('01012345678')",
        "INSERT INTO customers (email) VALUES ('no address')",
        "INSERT INTO customers (address) VALUES ('[]')",
        "INSERT INTO customers (journey_stage_id) VALUES (gen_random_uuid())",
        "INSERT INTO customer_identities (customer_id, kind, value) VALUES (gen_random_uuid(), 'phone', '1')",
        "UPDATE customers SET organization_id = gen_random_uuid()",
        "UPDATE customers SET created_at = now()",
    ],
)
async def test_a_bad_write_is_refused(org, run_as, statement):
    with pytest.raises(Refusal):
        await run_as(org.owner, "INSERT INTO customers (first_name) VALUES ('Mona')", statement)


async def test_a_stage_of_another_tenant_is_no_stage(org, other_org, run_as, tenants):
    with tenants.database() as db:
        theirs = db.execute(
            "SELECT id FROM customer_journey_stages WHERE organization_id = %s LIMIT 1", (other_org.id,)
        ).fetchone()
    with pytest.raises(Refusal) as refused:
        await run_as(org.owner, "INSERT INTO customers (journey_stage_id) VALUES (%(stage)s)", stage=theirs[0])
    assert refused.value.code == "invalid_reference"


@pytest.mark.parametrize(
    "function",
    [
        "search_by_words('{0}', 'contact', 'Mona', 9, 9)",
        "search_rows('{0}', 'contact', '{{}}', '{{}}', '{{}}', 9)",
        "search_by_phone('{0}', '5678', 9, NULL)",
        "contacts_ending_in('{0}', '5678', 9)",
        "search_by_identity('{0}', 'x', 9, NULL)",
    ],
)
async def test_routines_that_take_an_organization_are_not_for_clients(org, other_org, run_as, function):
    with pytest.raises(Refusal) as refused:
        await run_as(org.owner, "SELECT app." + function.format(other_org.id))
    assert refused.value.code == "permission_denied"
