"""POST /functions/v1/contact-erase."""

import json
import uuid

import pytest

from tests.support.people import NUMBER, WORDS


async def test_200_erases_everything_but_the_amounts_of_orders(*, call, org, other_org, known, everything, tenants):
    ids, theirs = known(org), known(other_org)
    agent = org.agent()
    await call("contact-export", as_=agent, json={"customer_id": ids["contact"]}, headers={"Idempotency-Key": "export"})
    before = everything(ids)
    assert all(word in before for word in WORDS)
    answer = await call("contact-erase", as_=agent, json={"customer_id": ids["contact"]})
    assert answer.status_code == 200, answer.text
    erased = answer.json()
    assert [erased[name] for name in ("orders", "conversations", "messages", "files")] == [1, 1, 2, 1]
    left = everything(ids)
    with tenants.database() as db:
        order = db.execute(
            "SELECT total_amount, customer_id, notes FROM orders WHERE id = %s", (ids["order"],)
        ).fetchone()
        task = db.execute("SELECT task FROM media_tasks WHERE media_id = %s", (ids["file"],)).fetchone()
    assert [word for word in WORDS if word in left] == []
    assert order == (450, None, None)
    assert task == ("erase",)
    assert all(word in everything(theirs) for word in WORDS)


async def test_200_keeps_the_digests_of_erased_values_in_the_trail(call, org, known, tenants):
    ids = known(org)
    digests = (
        "SELECT event.values_digest, app.values_digest(make_contact.salt, make_contact.changes), trail.is_erased"
        " FROM audit_events AS event JOIN audit_trail AS trail USING (id)"
        " LEFT JOIN audit_values AS make_contact ON make_contact.event_id = event.id"
        " WHERE event.organization_id = %s AND event.action IN ('customers.update', 'orders.update')"
        " AND event.created_at < %s ORDER BY event.created_at"
    )
    with tenants.database() as db:
        now = db.execute("SELECT clock_timestamp()").fetchone()
        assert now
        before = db.execute(digests, (org.id, now[0])).fetchall()
    assert len(before) == 3
    assert all(noted == counted and not erased for noted, counted, erased in before)
    await call("contact-erase", as_=org.agent(), json={"customer_id": ids["contact"], "without_export": True})
    with tenants.database() as db:
        after = db.execute(digests, (org.id, now[0])).fetchall()
    assert after == [(noted, None, True) for noted, _, _ in before]


async def test_200_erases_the_answers_kept_for_idempotency_keys(*, call, http, services, org, known):
    ids = known(org)
    agent = org.agent()

    def export():
        return call(
            "contact-export", as_=agent, json={"customer_id": ids["contact"]}, headers={"Idempotency-Key": "told"}
        )

    def change():
        asked = {"Idempotency-Key": "changed", "Prefer": "return=representation"}
        return http.patch(
            f"/rest/v1/customers?id=eq.{ids['contact']}",
            json={"company": "Lotus"},
            headers={"apikey": services.secrets.publishable_key, **agent.headers, **asked},
        )

    assert [answer.status_code for answer in (await export(), await change())] == [200, 200]
    replayed = await export()
    assert "Mona" in replayed.text
    assert (await call("contact-erase", as_=agent, json={"customer_id": ids["contact"]})).status_code == 200
    for answer in (await export(), await change()):
        assert "Mona" not in answer.text
        assert "Idempotent-Replayed" not in answer.headers


@pytest.mark.parametrize("identity", [f"+{NUMBER}", NUMBER, "mona@example.com"])
async def test_200_erases_a_person_by_identity_after_the_contact_was_deleted(
    *, call, org, other_org, known, everything, tenants, identity
):
    ids, theirs = known(org), known(other_org)
    with tenants.database() as db:
        db.execute("DELETE FROM customers WHERE id = %s", (ids["contact"],))
    body = {"identity": identity}
    refused = await call("contact-erase", as_=org.agent(), json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "export_first")
    answer = await call("contact-erase", as_=org.agent(), json=body | {"without_export": True})
    assert answer.status_code == 200, answer.text
    assert [answer.json()[name] for name in ("customer_id", "orders", "files")] == [ids["contact"], 1, 1]
    assert [word for word in WORDS if word in everything(ids)] == []
    assert all(word in everything(theirs) for word in WORDS)


@pytest.mark.parametrize("identity", [f"+{NUMBER}", "\u200e+20 101-234 5678 ", NUMBER])
async def test_200_exports_and_erases_by_identity_who_is_no_contact(
    *, call, org, other_org, stranger, everything, identity
):
    ids, theirs = stranger(org), stranger(other_org)
    body, agent = {"identity": identity}, org.agent()
    early = await call("contact-erase", as_=agent, json=body)
    assert (early.status_code, early.json()["error"]) == (409, "export_first")
    told = (await call("contact-export", as_=agent, json=body)).json()
    assert (told["contact"], told["identities"], told["orders"]) == (None, [], [])
    assert {each["content"] for each in told["messages"]} == {"my secret order", "my secret order for all"}
    assert [each["id"] for each in told["conversations"]] == [ids["chat"]]
    assert [each["value"] for each in told["channel_identities"]] == [NUMBER]
    assert [each["name"] for each in told["channel_events"]] == ["person.tap"]
    assert [each["id"] for each in told["files"]] == [ids["file"]]
    assert theirs["chat"] not in json.dumps(told)
    assert (await call("contact-erase", as_=other_org.agent(), json=body)).status_code == 409
    erased = await call("contact-erase", as_=agent, json=body)
    assert (erased.status_code, erased.json()["messages"]) == (200, 2), erased.text
    assert [word for word in WORDS if word in everything(ids)] == []
    assert "my secret order" in everything(theirs)
    nothing = (await call("contact-export", as_=agent, json=body)).json()
    found = ("conversations", "messages", "channel_events", "channel_identities", "files")
    assert [nothing[name] for name in found] == [[]] * 5


async def test_200_erases_a_contact_by_identity(call, org, known, everything):
    ids = known(org)
    body = {"identity": "+20 101 234 5678", "without_export": True}
    answer = await call("contact-erase", as_=org.agent(), json=body)
    assert (answer.status_code, answer.json()["customer_id"]) == (200, ids["contact"]), answer.text
    assert [word for word in WORDS if word in everything(ids)] == []


SPOKEN = ("01090000002", "0020 109 000 0002", "٠١٠٩٠٠٠٠٠٠٢", "(010) 9000-0002", "1090000002", "tel:+20-109-000-0002")


@pytest.mark.parametrize("identity", SPOKEN)
async def test_200_reads_a_number_as_for_a_new_contact(*, call, org, other_org, make_contact, tenants, identity):
    contact, theirs = make_contact(org, "+201090000002"), make_contact(other_org, "+201090000002")
    told = await call("contact-export", as_=org.agent(), json={"identity": identity})
    assert (told.status_code, told.json()["contact"]["id"]) == (200, contact), told.text
    erased = await call("contact-erase", as_=org.agent(), json={"identity": identity, "without_export": True})
    assert (erased.status_code, erased.json()["customer_id"]) == (200, contact), erased.text
    with tenants.database() as db:
        left = db.execute("SELECT id::text FROM customers WHERE id = ANY(%s)", ([contact, theirs],)).fetchall()
    assert left == [(theirs,)]


@pytest.mark.parametrize("key", ["publishable_key", "secret_key"])
async def test_403_for_a_delete_by_rest_names_this_function(*, http, services, org, known, key):
    who = org.agent().headers if key == "publishable_key" else {}
    row = f"/rest/v1/customers?id=eq.{known(org)['contact']}"
    refused = await http.delete(row, headers={"apikey": getattr(services.secrets, key), **who})
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert "contact-erase" in refused.json()["hint"]


async def test_409_before_an_export_unless_it_is_waived(call, org, known):
    body = {"customer_id": known(org)["contact"]}
    refused = await call("contact-erase", as_=org.owner, json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "export_first")
    done = await call("contact-erase", as_=org.owner, json=body | {"without_export": True})
    again = await call("contact-erase", as_=org.owner, json=body | {"without_export": True})
    assert (done.status_code, again.status_code) == (200, 404)


@pytest.mark.parametrize(
    "identity", ["010900", "123456", "0109000", "+20109", "00 20 109", "010-900", "٠١٠٩٠٠", "01" * 9]
)
async def test_422_for_digits_that_are_no_phone_number(call, org, identity):
    refused = await call("contact-erase", as_=org.agent(), json={"identity": identity})
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_phone"), refused.text


@pytest.mark.parametrize("body", [{}, {"identity": "12345"}, {"identity": "mona@example.com", "customer_id": NUMBER}])
async def test_422_for_a_body_that_names_nobody_or_two(call, org, body):
    assert (await call("contact-erase", as_=org.agent(), json=body)).status_code in {400, 422}


async def test_404_for_the_contact_of_another_organization(call, org, other_org, known):
    for customer_id in (known(other_org)["contact"], str(uuid.uuid4())):
        answer = await call("contact-erase", as_=org.agent(), json={"customer_id": customer_id})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_403_for_members_and_agents_without_admin(call, org, known):
    body = {"customer_id": known(org)["contact"]}
    for caller in (org.agent("write"), org.person("member")):
        answer = await call("contact-erase", as_=caller, json=body)
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
