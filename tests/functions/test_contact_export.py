"""POST /functions/v1/contact-export."""

import json
import uuid

import pytest

from shared.domain.privacy import service
from tests.support.people import NUMBER, WORDS


async def test_200_returns_all_that_is_known_in_one_document(call, org, known):
    ids = known(org)
    answer = await call("contact-export", as_=org.agent(), json={"customer_id": ids["contact"]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["contact"]["first_name"], told["messages_before"]) == ("Mona", None)
    counts = [len(told[name]) for name in ("identities", "orders", "conversations", "messages", "files")]
    assert counts == [2, 1, 1, 2, 1]
    assert {"customers.insert", "customers.update", "customers.export"} <= {each["action"] for each in told["trail"]}
    assert all(word in answer.text for word in WORDS)


async def test_200_returns_what_was_moved_from_the_contact_too(call, org, known, tenants):
    """Words in groups, ids of channels, orders that were deleted or went to others, whom the contact was made of."""
    ids = known(org)
    with tenants.database() as db:
        merged = str(uuid.uuid4())
        db.execute("INSERT INTO customers (id, organization_id, first_name) VALUES (%s, %s, 'Mouna')", (merged, org.id))
        db.execute("SELECT app.merge_contacts(%s, %s, %s)", (org.id, ids["contact"], merged))
    told = (await call("contact-export", as_=org.agent(), json={"customer_id": ids["contact"]})).json()
    assert {each["content"] for each in told["messages"]} == {"my secret order", "my secret order for all"}
    assert [each["value"] for each in told["channel_identities"]] == [NUMBER]
    touched = {each["entity_id"] for each in told["trail"]}
    assert {ids["contact"], ids["order"], ids["moved"], ids["dropped"], merged} <= touched
    assert any("Mouna" in json.dumps(each) for each in told["trail"])


@pytest.mark.parametrize(
    ("rows", "most"), [("messages", "MOST_MESSAGES"), ("orders", "MOST_ROWS"), ("trail", "MOST_ROWS")]
)
async def test_200_pages_return_each_row_once(*, call, org, known, tenants, monkeypatch, rows, most):
    ids = known(org)
    monkeypatch.setattr(service, most, 2)
    with tenants.database() as db:
        db.execute(
            "INSERT INTO messages (organization_id, chat_id, content, direction, timestamp)"
            " SELECT %s, %s, n::text, 'inbound', now() - make_interval(mins => n / 3) FROM generate_series(1, 10) AS n",
            (ids["org"], ids["chat"]),
        )
        db.execute(
            "INSERT INTO orders (organization_id, customer_id, currency, created_at)"
            " SELECT %s, %s, 'EGP', now() - make_interval(mins => n / 3) FROM generate_series(1, 10) AS n",
            (ids["org"], ids["contact"]),
        )
    seen, asked = [], {"customer_id": ids["contact"]}
    while True:
        page = (await call("contact-export", as_=org.agent(), json=asked)).json()
        seen += [each["id"] for each in page[rows] if each.get("action") != "customers.export"]
        if page[f"{rows}_before"] is None:
            break
        asked[f"{rows}_before"] = page[f"{rows}_before"]
    least = {"messages": 12, "orders": 11, "trail": 20}[rows]
    assert len(seen) == len(set(seen)) >= least


async def test_200_by_identity_returns_the_same_as_by_id(call, org, known):
    ids = known(org)
    by_name = (await call("contact-export", as_=org.agent(), json={"identity": "<OTHER@example.com>."})).json()
    by_id = (await call("contact-export", as_=org.agent(), json={"customer_id": ids["contact"]})).json()
    assert by_name["contact"]["id"] == ids["contact"]
    rows = ("identities", "orders", "conversations", "messages", "files", "channel_events", "channel_identities")
    assert [by_name[name] for name in rows] == [by_id[name] for name in rows]


async def test_200_by_identity_returns_the_trail_of_a_deleted_contact(call, org, known, tenants):
    ids = known(org)
    with tenants.database() as db:
        db.execute("DELETE FROM customers WHERE id = %s", (ids["contact"],))
    told = (await call("contact-export", as_=org.agent(), json={"identity": "mona@example.com"})).json()
    assert (told["contact"], [each["id"] for each in told["orders"]]) == (None, [ids["order"]])
    assert {ids["contact"], ids["order"]} <= {each["entity_id"] for each in told["trail"]}


async def test_200_reads_a_local_number_in_the_country_of_the_organization(call, tenants, make_contact):
    kuwait = tenants.org(country="KW", currency="KWD")
    contact = make_contact(kuwait, "+96550001234")
    told = await call("contact-export", as_=kuwait.agent(), json={"identity": "5000 1234"})
    assert told.json()["contact"]["id"] == contact


async def test_200_finds_a_short_id_that_a_channel_knows(call, org, other_org, stranger, tenants):
    ids = stranger(org)
    with tenants.database() as db:
        db.execute("UPDATE channel_identities SET value = '654321' WHERE chat_id = %s", (ids["chat"],))
    told = await call("contact-export", as_=org.agent(), json={"identity": "654321"})
    assert (told.status_code, [each["value"] for each in told.json()["channel_identities"]]) == (200, ["654321"])
    assert (await call("contact-export", as_=other_org.agent(), json={"identity": "654321"})).status_code == 422


@pytest.mark.parametrize(
    "identity", ["010900", "123456", "0109000", "+20109", "00 20 109", "010-900", "٠١٠٩٠٠", "01" * 9]
)
async def test_422_for_digits_that_are_no_phone_number(call, org, identity):
    refused = await call("contact-export", as_=org.agent(), json={"identity": identity})
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_phone"), refused.text


@pytest.mark.parametrize("body", [{}, {"identity": "12345"}, {"identity": "mona@example.com", "customer_id": NUMBER}])
async def test_422_for_a_body_that_names_nobody_or_two(call, org, body):
    assert (await call("contact-export", as_=org.agent(), json=body)).status_code in {400, 422}


async def test_404_for_the_contact_of_another_organization(call, org, other_org, known):
    for customer_id in (known(other_org)["contact"], str(uuid.uuid4())):
        answer = await call("contact-export", as_=org.agent(), json={"customer_id": customer_id})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_403_for_members_and_agents_without_admin(call, org, known):
    body = {"customer_id": known(org)["contact"]}
    for caller in (org.agent("write"), org.person("member")):
        answer = await call("contact-export", as_=caller, json=body)
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
