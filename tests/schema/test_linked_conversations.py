"""A contact finds its conversations by their keys, however many conversations its organization has."""

import uuid

import pytest

CONVERSATIONS = 500
CONTACTS = 20
FILL = """
    INSERT INTO channel_accounts (id, organization_id, platform, external_id)
    VALUES (%(channel)s, %(org)s, 'whatsapp', 'links');
    INSERT INTO chats (id, organization_id, platform, platform_chat_id)
    SELECT md5('chat' || n)::uuid, %(org)s, 'whatsapp', 'links ' || n FROM generate_series(1, %(rows)s) AS n;
    INSERT INTO channel_identities (organization_id, channel_id, kind, value, chat_id)
    SELECT %(org)s, %(channel)s, 'wa_id', '2010' || lpad(n::text, 8, '0'), md5('chat' || n)::uuid
    FROM generate_series(1, %(rows)s) AS n;
    INSERT INTO customers (id, organization_id, first_name, phone_number)
    SELECT md5('contact' || n)::uuid, %(org)s, 'Link', '+2010' || lpad(n::text, 8, '0')
    FROM generate_series(1, %(contacts)s) AS n;
    INSERT INTO customer_identities (organization_id, customer_id, kind, value)
    SELECT organization_id, id, 'phone', phone_number FROM customers
    WHERE organization_id = %(org)s AND first_name = 'Link';
"""
READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'channel_identities'"
LINKED = """
    SELECT count(*) FROM chats
    WHERE organization_id = %s AND customer_id IS NOT NULL AND platform_chat_id LIKE 'links %%'
"""


@pytest.fixture
def shop(altered, world):
    """Return the organization with many conversations that have no contact."""
    altered.execute("SET LOCAL session_replication_role = replica")
    parameters = {"org": world.own.id, "channel": uuid.uuid4(), "rows": CONVERSATIONS, "contacts": CONTACTS}
    for statement in FILL.split(";\n")[:-1]:
        altered.execute(statement, parameters)
    altered.execute("SET LOCAL session_replication_role = origin")
    altered.execute("ANALYZE channel_identities, customer_identities, channel_accounts, chats")
    return world.own.id


def test_finds_conversations_without_reading_the_others(altered, shop):
    before = altered.execute(READ).fetchone()[0]
    for number in range(1, CONTACTS + 1):
        altered.execute("SELECT app.link_conversations(%s, md5('contact' || %s::text)::uuid)", [shop, number])
    assert altered.execute(LINKED, [shop]).fetchone()[0] == CONTACTS
    assert altered.execute(READ).fetchone()[0] - before <= 2 * CONTACTS
