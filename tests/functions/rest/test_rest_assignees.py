"""Whom a contact may be given to through /rest/v1: those whom a conversation may be given to."""

import uuid

import pytest

pytestmark = pytest.mark.anyio
RETURNED = {"Prefer": "return=representation"}


@pytest.fixture
def assigned(rest, org):
    """`await assigned(to)`: the answers to a new contact and to a change of one; another caller by `as_` or `key`."""
    agent = org.agent("write")

    async def give(to, **caller):
        sender = caller or {"as_": agent}
        contact = {"organization_id": str(org.id), "first_name": "Mona"}
        made = await rest("POST", "customers", json=contact, headers=RETURNED, **sender)
        place, change = f"customers?id=eq.{made.json()[0]['id']}", {"assigned_to": to}
        return [
            await rest("POST", "customers", json=contact | change, headers=RETURNED, **sender),
            await rest("PATCH", place, json=change, headers=RETURNED, **sender),
        ]

    return give


async def test_200_for_members_agents_and_nobody(assigned, org):
    for colleague in (str(org.person("member").id), str(org.agent("read").id).upper(), None):
        answers = await assigned(colleague)
        assert [answer.json()[0]["assigned_to"] for answer in answers] == [colleague] * 2


async def test_422_for_a_stranger(assigned, org, other_org, error_of):
    for stranger in (str(other_org.owner.id), str(uuid.uuid4()), "Mona", ""):
        for answer in [*await assigned(stranger), *await assigned(stranger, as_=org.owner)]:
            assert (answer.status_code, error_of(answer)) == (422, "unknown_colleague"), answer.text


async def test_200_for_whomever_the_service_brings_in_and_for_sending_it_again(assigned, rest, org):
    contact = (await assigned("Mona of Sales", key="secret"))[0].json()[0]
    again = {"first_name": "Dina", "assigned_to": contact["assigned_to"]}
    place = f"customers?id=eq.{contact['id']}"
    assert (await rest("PATCH", place, as_=org.agent("write"), json=again)).status_code == 204
    kept = await rest("GET", f"{place}&select=first_name,assigned_to", as_=org.agent("read"))
    assert kept.json() == [{"first_name": "Dina", "assigned_to": "Mona of Sales"}]
