"""What a person may ask: all that is known of them, and to be forgotten; always beside a second tenant."""

import json
import secrets
import uuid

import pytest

from shared.domain.privacy import service

NUMBER = "201012345678"
WORDS = ("Mona", "Zamalek", "mona@example.com", NUMBER, "my secret order", "behind the mosque", "invoice-mona.pdf")

NAMED = ("contact", "order", "channel", "chat", "message", "file", "group", "other", "moved", "dropped")

MADE = """
INSERT INTO customers (id, organization_id, first_name, email, phone_number)
VALUES (%(contact)s, %(org)s, 'Mona', 'mona@example.com', '+' || %(number)s);
UPDATE customers SET address = '{"city": "Zamalek"}', customer_score = 7 WHERE id = %(contact)s;
UPDATE customer_identities SET value = 'other@example.com' WHERE customer_id = %(contact)s AND kind = 'email';
UPDATE audit_values SET customer_id = NULL
WHERE organization_id = %(org)s
  AND event_id IN (SELECT id FROM audit_events WHERE action = 'customer_identities.update');
INSERT INTO orders (id, organization_id, customer_id, total_amount, currency, notes)
VALUES (%(order)s, %(org)s, %(contact)s, 450, 'EGP', 'behind the');
UPDATE orders SET notes = 'behind the mosque' WHERE id = %(order)s;
INSERT INTO channel_accounts (id, organization_id, platform, external_id)
VALUES (%(channel)s, %(org)s, 'whatsapp', %(account)s);
INSERT INTO chats (id, organization_id, customer_id, platform, channel_id, platform_chat_id, contact_name)
VALUES (%(chat)s, %(org)s, %(contact)s, 'whatsapp', %(channel)s, %(number)s, 'Mona');
INSERT INTO channel_identities (organization_id, channel_id, kind, value, chat_id)
VALUES (%(org)s, %(channel)s, 'wa_id', %(number)s, %(chat)s);
INSERT INTO messages (id, organization_id, chat_id, content, direction)
VALUES (%(message)s, %(org)s, %(chat)s, 'my secret order', 'inbound');
INSERT INTO media (id, organization_id, origin, kind, status, mime_type, file_name, size_bytes, sha256)
VALUES (%(file)s, %(org)s, 'channel', 'document', 'stored', 'application/pdf', 'invoice.pdf', 9, repeat('a', 64));
UPDATE media SET file_name = 'invoice-mona.pdf' WHERE id = %(file)s;
INSERT INTO message_media (organization_id, message_id, media_id) VALUES (%(org)s, %(message)s, %(file)s);
INSERT INTO message_deliveries (organization_id, message_id, channel_id, chat_id, request)
VALUES (%(org)s, %(message)s, %(channel)s, %(chat)s, '{"content": {"text": "my secret order"}}');
INSERT INTO message_events (organization_id, channel_id, dedup_key, message_id, kind, value, author, occurred_at)
VALUES (%(org)s, %(channel)s, 'edit', %(message)s, 'edit', 'my secret order!', 'customer', now());
INSERT INTO channel_events (organization_id, channel_id, dedup_key, name, payload, occurred_at)
VALUES (%(org)s, %(channel)s, 'tap', 'person.tap', jsonb_build_object('from', %(number)s::text, 'by', 'Mona'), now());
INSERT INTO message_events (organization_id, channel_id, dedup_key, kind, value, author, details, occurred_at) VALUES
  (%(org)s, %(channel)s, 'early edit', 'edit', 'my secret order?', 'customer', '{}', now()),
  (%(org)s, %(channel)s, 'early reaction', 'reaction', 'ok', 'customer',
   jsonb_build_object('person', %(number)s::text), now()),
  (%(org)s, %(channel)s, 'status:failed', 'status', 'failed', 'customer',
   jsonb_build_object('error', jsonb_build_object('message', 'no such number: ' || %(number)s::text)), now()),
  (%(org)s, %(channel)s, 'status:read:' || %(number)s::text, 'status', 'read', 'participant', '{}', now());
INSERT INTO chats (id, organization_id, platform, channel_id, platform_chat_id, contact_name, contact_phone)
VALUES (%(group)s::uuid, %(org)s, 'whatsapp', %(channel)s, 'family-' || %(group)s::text, 'Mona', '+' || %(number)s);
INSERT INTO channel_identities (organization_id, channel_id, kind, value, chat_id)
VALUES (%(org)s, %(channel)s, 'group_id', 'family-' || %(group)s::text, %(group)s::uuid);
INSERT INTO messages (organization_id, chat_id, content, direction, details) VALUES
  (%(org)s, %(group)s, 'what others say', 'inbound', '{"group_sender": {"wa_id": "4915100000000"}}'),
  (%(org)s, %(group)s, 'my secret order for all', 'inbound',
   jsonb_build_object('group_sender', jsonb_build_object('wa_id', %(number)s::text)));
INSERT INTO order_items (order_id, name, qty, unit_price) VALUES (%(order)s, 'Cake for Mona', 1, 450);
INSERT INTO customers (id, organization_id, first_name) VALUES (%(other)s, %(org)s, 'Amal');
INSERT INTO orders (id, organization_id, customer_id, currency, shipping_address)
VALUES (%(moved)s, %(org)s, %(contact)s, 'EGP', '{"city": "Zamalek"}');
UPDATE orders SET customer_id = %(other)s, shipping_address = '{"city": "Luxor"}' WHERE id = %(moved)s;
INSERT INTO orders (id, organization_id, customer_id, currency, notes)
VALUES (%(dropped)s, %(org)s, %(contact)s, 'EGP', 'behind the mosque');
DELETE FROM orders WHERE id = %(dropped)s;
INSERT INTO set_aside (organization_id, queue, subject, error_code, fault)
VALUES (%(org)s, 'webhooks', 'one', 'unreadable', 'no place for ' || %(number)s || ' Mona');
INSERT INTO webhook_inbox (source, body_hash, body, signed_with, processed_at)
SELECT 'meta', sha256(convert_to(told, 'UTF8')), convert_to(told, 'UTF8'), 0, now()
FROM unnest(ARRAY[
  CAST(jsonb_build_object('id', %(account)s::text, 'from', %(number)s::text) AS text),
  CAST(jsonb_build_object('id', CAST(%(account)s AS bigint), 'from', %(number)s::text) AS text)
]) AS told;
INSERT INTO outbox (organization_id, topic, payload)
VALUES (%(org)s, 'messages.received', jsonb_build_object('chat_id', %(chat)s::text))
"""


@pytest.fixture
def known(tenants):
    """`known(org)`: a contact with an order, a conversation, a file and a history; ids by name."""

    def make(org):
        ids = {name: str(uuid.uuid4()) for name in NAMED}
        values = ids | {"org": org.id, "number": NUMBER, "account": str(10**15 + secrets.randbelow(10**15))}
        with tenants.database() as db:
            for statement in MADE.split(";\n"):
                db.execute(statement, values)
        return values

    return make


@pytest.fixture
def everything(tenants):
    """`everything(ids)`: the text of every row of the organization, and of raw bodies to its channel."""

    def read(ids):
        with tenants.database() as db:
            tables = [
                name
                for (name,) in db.execute(
                    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                    " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
                    " AND a.attname = 'organization_id'"
                )
            ]
            found = [
                row[0]
                for table in tables
                for row in db.execute(
                    f"SELECT to_jsonb(t)::text FROM {table} t WHERE organization_id = %s", (ids["org"],)
                )
            ]
            bodies = [
                row[0]
                for row in db.execute(
                    "SELECT convert_from(body, 'UTF8') FROM webhook_inbox WHERE position(%s in body) > 0",
                    (ids["account"].encode(),),
                )
            ]
        return "\n".join(found + bodies)

    return read


async def test_200_everything_that_is_known_in_one_document(call, org, known):
    ids = known(org)
    answer = await call("contact-export", as_=org.agent(), json={"customer_id": ids["contact"]})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["contact"]["first_name"], told["messages_before"]) == ("Mona", None)
    counts = [len(told[name]) for name in ("identities", "orders", "conversations", "messages", "files")]
    assert counts == [2, 1, 1, 2, 1]
    assert {"customers.insert", "customers.update", "customers.export"} <= {each["action"] for each in told["trail"]}
    assert all(word in answer.text for word in WORDS)


async def test_200_what_left_the_contact_is_told_too(call, org, known, tenants):
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
async def test_200_pages_have_each_row_once_though_many_are_of_one_second(
    *, call, org, known, tenants, monkeypatch, rows, most
):
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


async def test_200_nothing_of_the_person_is_left_anywhere_and_the_money_is(
    *, call, org, other_org, known, everything, tenants
):
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
        "SELECT event.values_digest, app.values_digest(kept.salt, kept.changes), trail.is_erased"
        " FROM audit_events AS event JOIN audit_trail AS trail USING (id)"
        " LEFT JOIN audit_values AS kept ON kept.event_id = event.id"
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


async def test_200_no_kept_answer_tells_of_the_person_again(*, call, http, services, org, known):
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


STRANGER = """
DELETE FROM orders WHERE organization_id = %(org)s;
DELETE FROM customers WHERE id = %(contact)s;
DELETE FROM audit_values WHERE organization_id = %(org)s;
UPDATE chats SET contact_phone = '+' || %(number)s WHERE id = %(chat)s
"""


@pytest.fixture
def stranger(known, tenants):
    """`stranger(org)`: somebody who wrote, and was never a contact as far as anybody can tell."""

    def make(org):
        ids = known(org)
        with tenants.database() as db:
            for statement in STRANGER.split(";\n"):
                db.execute(statement, ids)
        return ids

    return make


@pytest.mark.parametrize("identity", [f"+{NUMBER}", "\u200e+20 101-234 5678 ", NUMBER])
async def test_200_who_is_no_contact_is_told_of_by_identity_then_erased(
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


async def test_200_by_identity_a_contact_is_told_of_as_by_its_id(call, org, known):
    ids = known(org)
    by_name = (await call("contact-export", as_=org.agent(), json={"identity": "<OTHER@example.com>."})).json()
    by_id = (await call("contact-export", as_=org.agent(), json={"customer_id": ids["contact"]})).json()
    assert by_name["contact"]["id"] == ids["contact"]
    rows = ("identities", "orders", "conversations", "messages", "files", "channel_events", "channel_identities")
    assert [by_name[name] for name in rows] == [by_id[name] for name in rows]


async def test_200_by_identity_whose_contact_is_gone_is_told_what_the_trail_knows(call, org, known, tenants):
    ids = known(org)
    with tenants.database() as db:
        db.execute("DELETE FROM customers WHERE id = %s", (ids["contact"],))
    told = (await call("contact-export", as_=org.agent(), json={"identity": "mona@example.com"})).json()
    assert (told["contact"], [each["id"] for each in told["orders"]]) == (None, [ids["order"]])
    assert {ids["contact"], ids["order"]} <= {each["entity_id"] for each in told["trail"]}


async def test_200_by_identity_a_contact_that_is_there_is_erased_too(call, org, known, everything):
    ids = known(org)
    body = {"identity": "+20 101 234 5678", "without_export": True}
    answer = await call("contact-erase", as_=org.agent(), json=body)
    assert (answer.status_code, answer.json()["customer_id"]) == (200, ids["contact"]), answer.text
    assert [word for word in WORDS if word in everything(ids)] == []


SPOKEN = ("01090000002", "0020 109 000 0002", "٠١٠٩٠٠٠٠٠٠٢", "(010) 9000-0002", "1090000002", "tel:+20-109-000-0002")


@pytest.fixture
def kept(tenants):
    """`kept(org, number)`: the id of a contact with that number."""

    def make(org, number):
        with tenants.database() as db:
            sql = "INSERT INTO customers (organization_id, phone_number) VALUES (%s, %s) RETURNING id::text"
            return db.execute(sql, (org.id, number)).fetchone()[0]

    return make


@pytest.mark.parametrize("identity", SPOKEN)
async def test_200_a_number_is_read_as_a_contact_is_made_with_it(*, call, org, other_org, kept, tenants, identity):
    contact, theirs = kept(org, "+201090000002"), kept(other_org, "+201090000002")
    told = await call("contact-export", as_=org.agent(), json={"identity": identity})
    assert (told.status_code, told.json()["contact"]["id"]) == (200, contact), told.text
    erased = await call("contact-erase", as_=org.agent(), json={"identity": identity, "without_export": True})
    assert (erased.status_code, erased.json()["customer_id"]) == (200, contact), erased.text
    with tenants.database() as db:
        left = db.execute("SELECT id::text FROM customers WHERE id = ANY(%s)", ([contact, theirs],)).fetchall()
    assert left == [(theirs,)]


async def test_200_a_local_number_is_of_the_organizations_country(call, tenants, kept):
    kuwait = tenants.org(country="KW", currency="KWD")
    contact = kept(kuwait, "+96550001234")
    told = await call("contact-export", as_=kuwait.agent(), json={"identity": "5000 1234"})
    assert told.json()["contact"]["id"] == contact


@pytest.mark.parametrize(
    "identity", ["010900", "123456", "0109000", "+20109", "00 20 109", "010-900", "٠١٠٩٠٠", "01" * 9]
)
@pytest.mark.parametrize("function", ["contact-export", "contact-erase"])
async def test_422_for_digits_that_name_nobody(call, org, function, identity):
    refused = await call(function, as_=org.agent(), json={"identity": identity})
    assert (refused.status_code, refused.json()["error"]) == (422, "invalid_phone"), refused.text


async def test_200_a_short_id_that_a_channel_knows_is_an_identity(call, org, other_org, stranger, tenants):
    ids = stranger(org)
    with tenants.database() as db:
        db.execute("UPDATE channel_identities SET value = '654321' WHERE chat_id = %s", (ids["chat"],))
    told = await call("contact-export", as_=org.agent(), json={"identity": "654321"})
    assert (told.status_code, [each["value"] for each in told.json()["channel_identities"]]) == (200, ["654321"])
    assert (await call("contact-export", as_=other_org.agent(), json={"identity": "654321"})).status_code == 422


@pytest.mark.parametrize("key", ["publishable_key", "secret_key"])
async def test_403_for_a_deletion_and_what_to_call_instead(*, http, services, org, known, key):
    who = org.agent().headers if key == "publishable_key" else {}
    row = f"/rest/v1/customers?id=eq.{known(org)['contact']}"
    refused = await http.delete(row, headers={"apikey": getattr(services.secrets, key), **who})
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert "contact-erase" in refused.json()["hint"]


@pytest.mark.parametrize("body", [{}, {"identity": "12345"}, {"identity": "mona@example.com", "customer_id": NUMBER}])
@pytest.mark.parametrize("function", ["contact-export", "contact-erase"])
async def test_400_for_nobody_and_for_what_names_too_many(call, org, body, function):
    assert (await call(function, as_=org.agent(), json=body)).status_code in {400, 422}


async def test_404_for_a_contact_of_another_tenant_as_for_none(call, org, other_org, known):
    ids = known(other_org)
    for function in ("contact-export", "contact-erase"):
        for customer_id in (ids["contact"], str(uuid.uuid4())):
            answer = await call(function, as_=org.agent(), json={"customer_id": customer_id})
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_409_before_the_export_unless_nobody_wants_it(call, org, known):
    body = {"customer_id": known(org)["contact"]}
    refused = await call("contact-erase", as_=org.owner, json=body)
    assert (refused.status_code, refused.json()["error"]) == (409, "export_first")
    done = await call("contact-erase", as_=org.owner, json=body | {"without_export": True})
    again = await call("contact-erase", as_=org.owner, json=body | {"without_export": True})
    assert (done.status_code, again.status_code) == (200, 404)


@pytest.mark.parametrize("function", ["contact-export", "contact-erase"])
async def test_403_for_who_may_not_administer(call, org, known, function):
    body = {"customer_id": known(org)["contact"]}
    for caller in (org.agent("write"), org.person("member")):
        answer = await call(function, as_=caller, json=body)
        assert answer.status_code == 403, answer.text


async def test_the_trail_names_rows_without_an_id_and_keeps_from_and_to(rest_rows, org, known, tenants):
    ids = known(org)
    with tenants.database() as db:
        db.execute(
            "WITH label AS (INSERT INTO labels (organization_id, name) VALUES (%(org)s, 'vip') RETURNING id)"
            " INSERT INTO customer_labels (organization_id, customer_id, label_id)"
            " SELECT %(org)s, %(contact)s, id FROM label",
            ids,
        )
    trail = rest_rows(org)
    worn = next(each for each in trail if each["action"] == "customer_labels.insert")
    changed = next(each for each in trail if each["action"] == "customers.update")
    assert worn["entity_key"]["customer_id"] == ids["contact"]
    assert set(worn["entity_key"]) == {"customer_id", "label_id"}
    assert changed["changes"]["customer_score"] == {"from": 0, "to": 7}
    assert changed["changes"]["address"] == {"from": None, "to": {"city": "Zamalek"}}


@pytest.fixture
def rest_rows(tenants):
    """The trail as the view shows it."""

    def read(org):
        with tenants.database() as db:
            rows = db.execute(
                "SELECT to_jsonb(t)::text FROM audit_trail t WHERE organization_id = %s", (org.id,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    return read
