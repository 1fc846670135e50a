"""POST /functions/v1/read-phones: numbers that tables over HTTP wrote are read within a minute."""

import pytest


@pytest.fixture
def service(services):
    return {"Authorization": f"Bearer {services.secrets.secret_key}"}


async def test_200_says_which_numbers_are_valid_and_touches_nothing_else(call, org, service, tenants):
    made = {}
    with tenants.database() as db:
        for number in ("+201012345678", "+2010123456", None):
            made[number] = db.execute(
                "INSERT INTO customers (organization_id, first_name, phone_number) VALUES (%s, 'M', %s) RETURNING id",
                (org.id, number),
            ).fetchone()[0]
        look = (
            "SELECT id, phone_valid, updated_at, (SELECT count(*) FROM audit_events WHERE entity_id = customers.id)"
            " FROM customers WHERE organization_id = %s ORDER BY id"
        )
        before = db.execute(look, (org.id,)).fetchall()
        answer = await call("read-phones", headers=service)
        assert answer.status_code == 200, answer.text
        after = db.execute(look, (org.id,)).fetchall()
    told = {row[0]: row[1] for row in after}
    assert {number: told[contact] for number, contact in made.items()} == {
        "+201012345678": True,
        "+2010123456": False,
        None: None,
    }
    assert [row[2:] for row in after] == [row[2:] for row in before]


async def test_401_and_403_for_all_others(call, org):
    assert (await call("read-phones")).status_code in {401, 403}
    assert (await call("read-phones", as_=org.owner)).status_code == 403
