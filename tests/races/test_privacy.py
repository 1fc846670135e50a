"""Who is told of or erased by identity, while their contact goes."""

import asyncio
import uuid

import pytest


@pytest.mark.parametrize("function", ["contact-export", "contact-erase"])
async def test_200_by_identity_for_a_contact_that_goes_meanwhile(call, org, tenants, function):
    """Nobody named an id, so nothing is to be checked: what is left is told or erased by identity."""
    contact = uuid.uuid4()
    made = "INSERT INTO customers (id, organization_id, phone_number) VALUES (%s, %s, '+201012345678')"
    body = {"identity": "+201012345678"} | ({"without_export": True} if function == "contact-erase" else {})
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with tenants.database() as watched, tenants.database() as db:
        db.execute(made, (contact, org.id))
        with db.transaction():
            db.execute("DELETE FROM customers WHERE id = %s", (contact,))
            asked = asyncio.create_task(call(function, as_=org.owner, json=body))
            while watched.execute(waiting).fetchone() == (0,):
                assert not asked.done(), (await asked).text
                await asyncio.sleep(0.01)
        answer = await asked
    assert answer.status_code == 200, answer.text
