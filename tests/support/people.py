"""Persons of whom the database knows much, and everything that it knows of them."""

import secrets
import uuid

import pytest

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

STRANGER = """
DELETE FROM orders WHERE organization_id = %(org)s;
DELETE FROM customers WHERE id = %(contact)s;
DELETE FROM audit_values WHERE organization_id = %(org)s;
UPDATE chats SET contact_phone = '+' || %(number)s WHERE id = %(chat)s
"""


@pytest.fixture
def known(tenants):
    """Provide `known(org)`: a contact with an order, a conversation, a file and a history; ids by name."""

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
    """Provide `everything(ids)`: the text of every row of the organization, and of raw bodies to its channel."""

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
                row[0].decode()
                for row in db.execute(
                    "SELECT body FROM webhook_inbox WHERE position(%s in body) > 0",
                    (ids["account"].encode(),),
                )
            ]
        return "\n".join(found + bodies)

    return read


@pytest.fixture
def stranger(known, tenants):
    """Provide `stranger(org)`: somebody who wrote, and was never a contact as far as anybody can tell."""

    def make(org):
        ids = known(org)
        with tenants.database() as db:
            for statement in STRANGER.split(";\n"):
                db.execute(statement, ids)
        return ids

    return make


@pytest.fixture
def make_contact(tenants):
    """Provide `make_contact(org, number)`: the id of a contact with that number."""

    def make(org, number):
        with tenants.database() as db:
            sql = "INSERT INTO customers (organization_id, phone_number) VALUES (%s, %s) RETURNING id::text"
            return db.execute(sql, (org.id, number)).fetchone()[0]

    return make
