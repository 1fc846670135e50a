"""Contacts through /rest/v1: no twin by another spelling of a number or an address."""

import json

import pytest

pytestmark = pytest.mark.anyio

ADDRESS, NUMBER = "dup.test@example.com", "+966551234567"


@pytest.fixture
def add(rest, org):
    async def insert(**values):
        body = {"organization_id": str(org.id), "first_name": "Mona", **values}
        return await rest("POST", "customers", as_=org.agent(), json=body, headers={"Prefer": "return=representation"})

    return insert


@pytest.mark.parametrize("spelt", ["{}،", "{}؛", " <{}> ", "mailto:{}"])
async def test_another_spelling_of_an_address_is_the_same_contact(add, spelt):
    assert (await add(email=ADDRESS)).status_code == 201
    again = await add(email=spelt.format(ADDRESS))
    assert (again.status_code, "contact_exists" in again.text) == (409, True), again.text


@pytest.mark.parametrize(
    "email",
    [f"({ADDRESS})", f"'{ADDRESS}'", f"{ADDRESS}?subject=x", f"mailto:mailto:{ADDRESS}", "dup.test@EXAMPLE。com",
     "a@.com", "a@c..com"],
)  # fmt: skip
async def test_422_for_an_invalid_address_says_why(add, mcp, org, email):
    answer = await add(email=email)
    assert (answer.status_code, json.loads(answer.json()["details"])["error"]) == (422, "invalid_email"), answer.text
    told = await mcp("nexus_create_contact", {"first_name": "Mona", "email": email}, as_=org.agent())
    assert (told["is_error"], told["error"]) == (True, "invalid_email")


@pytest.mark.parametrize("spelt", ["+9660551234567", "+96600551234567"])
async def test_a_trunk_zero_makes_no_other_contact_and_is_found(add, mcp, org, spelt):
    made = await add(phone_number=spelt)
    assert (made.status_code, made.json()[0]["phone_number"]) == (201, NUMBER)
    assert (await add(phone_number=NUMBER)).status_code == 409
    for asked in (NUMBER, spelt):
        found = await mcp("nexus_list_contacts", {"phone": asked}, as_=org.agent())
        assert [each["id"] for each in found["data"]] == [made.json()[0]["id"]]
