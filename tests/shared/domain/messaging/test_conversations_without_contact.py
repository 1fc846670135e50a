"""Conversations whose contact is missing: who gives them one again, and who finds them without."""

import pytest

pytestmark = pytest.mark.anyio
NUMBER, SCOPED = "201012345678", "7201012345678901"


@pytest.fixture
def stranger(connect, org, tell, rows):
    """`await stranger("whatsapp")`: the channel, with a conversation of somebody who is no contact any more."""

    async def make(platform="whatsapp", sender=NUMBER):
        channel = connect(org, platform)
        await tell(wrote(channel, sender, "first"))
        rows("DELETE FROM customers WHERE organization_id = %s RETURNING id", org.id)
        assert linked(rows, org) == [(None, None)]
        return channel

    return make


def wrote(channel, sender, body):
    if channel.platform == "whatsapp":
        return channel.text(sender, body)
    return channel.item(sender, message={"mid": f"m.{body}", "text": body})


def linked(rows, org):
    return rows(
        "SELECT person.first_name, person.phone_number FROM chats LEFT JOIN customers AS person"
        " ON person.id = chats.customer_id WHERE chats.organization_id = %s",
        org.id,
    )


@pytest.mark.parametrize(("platform", "sender"), [("whatsapp", NUMBER), ("facebook", SCOPED)])
async def test_the_next_message_adds_a_contact(*, stranger, org, tell, rows, platform, sender):
    channel = await stranger(platform, sender)
    await tell(wrote(channel, sender, "second"))
    (contact,) = rows("SELECT id FROM customers WHERE organization_id = %s", org.id)
    assert rows("SELECT customer_id FROM chats WHERE organization_id = %s", org.id) == [contact]


async def test_a_contact_is_added_once_the_plan_has_room(connect, tenants, tell, rows):
    org = tenants.org(plan="free")
    channel = connect(org)
    full = (
        "UPDATE usage_counters SET used = used + %s WHERE organization_id = %s AND resource = 'contacts' RETURNING used"
    )
    rows("INSERT INTO customers (organization_id, first_name) VALUES (%s, 'Ola') RETURNING id", org.id)
    rows(full, 99, org.id)
    await tell(channel.text(NUMBER, "first"))
    assert linked(rows, org) == [(None, None)]
    rows(full, -99, org.id)
    await tell(channel.text(NUMBER, "second"))
    assert linked(rows, org) == [("Mona", f"+{NUMBER}")]


async def test_a_contact_that_is_made_with_the_number_takes_the_conversation(stranger, org, mcp, rows):
    await stranger()
    await mcp("nexus_create_contact", {"first_name": "Laila", "phone": f"+{NUMBER}"}, as_=org.agent("write"))
    assert linked(rows, org) == [("Laila", f"+{NUMBER}")]


async def test_a_contact_that_gets_the_number_in_its_other_form_takes_it(stranger, org, rows):
    await stranger(sender="551187654321")
    (made,) = rows("INSERT INTO customers (organization_id, first_name) VALUES (%s, 'Joao') RETURNING id", org.id)
    rows("UPDATE customers SET phone_number = '+5511987654321' WHERE id = %s RETURNING id", made[0])
    assert linked(rows, org) == [("Joao", "+5511987654321")]


async def test_another_organizations_contact_takes_nothing(stranger, org, other_org, rows):
    await stranger()
    rows(
        "INSERT INTO customers (organization_id, first_name, phone_number) VALUES (%s, 'Ola', %s) RETURNING id",
        other_org.id,
        f"+{NUMBER}",
    )
    assert linked(rows, org) == [(None, None)]


async def test_a_name_that_a_colleague_gave_stays(*, connect, org, tell, rows, http, services):
    channel = connect(org)
    await tell(channel.text(NUMBER, "first"))
    headers = {"apikey": services.secrets.publishable_key, **org.agent("write").headers}
    for given, shown in (("Mona from Zamalek", "Mona from Zamalek"), (None, "Mona")):
        changed = await http.patch("/rest/v1/chats?id=not.is.null", headers=headers, json={"contact_name": given})
        assert changed.status_code == 204, changed.text
        await tell(channel.text(NUMBER, f"after {given}"))
        assert rows("SELECT contact_name FROM chats WHERE organization_id = %s", org.id) == [(shown,)]


async def test_export_and_erasure_find_a_conversation_without_contact(connect, org, tell, rows, call):
    channel = connect(org)
    await tell(channel.text(NUMBER, "my secret"))
    (contact,) = rows("SELECT id FROM customers WHERE organization_id = %s", org.id)
    body = {"customer_id": str(contact[0])}
    rows("UPDATE chats SET customer_id = NULL WHERE organization_id = %s RETURNING id", org.id)
    told = await call("contact-export", as_=org.agent(), json=body)
    assert "my secret" in told.text
    rows("UPDATE chats SET customer_id = NULL WHERE organization_id = %s RETURNING id", org.id)
    erased = await call("contact-erase", as_=org.agent(), json=body)
    assert (erased.json()["conversations"], erased.json()["messages"]) == (1, 1)
