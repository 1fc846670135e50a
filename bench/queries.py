"""All SQL that makes the data: inside Postgres and without triggers, like an import by the schema's owner."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

Connection = psycopg.Connection[Any]

ORGANIZATIONS = """
    INSERT INTO organizations (id, name, plan_code)
    SELECT md5('organization ' || number)::uuid, 'Shop ' || number, 'scale'
    FROM generate_series(1, %(organizations)s) AS number
"""
AGENT_USERS = """
    INSERT INTO auth.users (id, aud, role, raw_app_meta_data, created_at, updated_at)
    SELECT md5('user ' || organization.id || number)::uuid, 'authenticated', 'authenticated', '{"provider": "agent"}',
        now(), now()
    FROM organizations AS organization
    CROSS JOIN LATERAL generate_series(
        1, CASE WHEN organization.id = md5('organization ' || %(organizations)s)::uuid
            THEN %(big_agents)s ELSE %(agents)s END) AS number
"""
AGENTS = """
    INSERT INTO agent_accounts (id, organization_id, user_id, name, platform)
    SELECT md5('agent ' || organization.id || number)::uuid, organization.id,
        md5('user ' || organization.id || number)::uuid, 'Agent ' || number, 'bench'
    FROM organizations AS organization
    CROSS JOIN LATERAL generate_series(
        1, CASE WHEN organization.id = md5('organization ' || %(organizations)s)::uuid
            THEN %(big_agents)s ELSE %(agents)s END) AS number
"""
KEYS = """
    INSERT INTO agent_api_keys (organization_id, agent_id, name, prefix, key_hash, scopes, created_at)
    SELECT organization_id, id, name, 'nxs_ak_' || left(md5(id::text), 8), 'none', '{read,write}',
        now() - random() * interval '90 days'
    FROM agent_accounts
"""
USABLE_KEY = """
    UPDATE agent_api_keys SET prefix = %(prefix)s, key_hash = %(key_hash)s
    WHERE id = (SELECT id FROM agent_api_keys ORDER BY id OFFSET %(position)s LIMIT 1)
"""
ITEMS = """
    INSERT INTO items (id, organization_id, name, sku, sku_key, item_no, barcode, category, selling_price, created_at)
    SELECT md5('item ' || organization.id || number)::uuid, organization.id,
        (ARRAY['Cotton shirt', 'قميص قطن', 'Leather bag', 'حقيبة جلد', 'Coffee beans', 'بن مطحون'])[1 + number %% 6]
            || ' ' || number,
        'SKU-' || number, app.code_key('SKU-' || number), 'IT-' || number, '622' || lpad(number::text, 10, '0'),
        (ARRAY['Clothes', 'Bags', 'Food'])[1 + number %% 3], 50 + number %% 400, now() - random() * interval '400 days'
    FROM organizations AS organization
    CROSS JOIN LATERAL generate_series(
        1, CASE WHEN organization.id = md5('organization ' || %(organizations)s)::uuid
            THEN %(big_contacts)s ELSE %(contacts)s END / 10) AS number
"""
WAREHOUSES = """
    INSERT INTO warehouses (id, organization_id, name, is_default)
    SELECT md5('warehouse ' || id)::uuid, id, 'Main', true FROM organizations
"""
MOVEMENTS = """
    INSERT INTO stock_movements (organization_id, inventory_item_id, warehouse_id, movement_type, quantity)
    SELECT organization_id, id, md5('warehouse ' || organization_id)::uuid, 'inbound', 1000 FROM items
"""
BALANCES = """
    INSERT INTO stock_balances (organization_id, item_id, warehouse_id, quantity)
    SELECT organization_id, inventory_item_id, warehouse_id, quantity FROM stock_movements
"""
CONTACTS = """
    INSERT INTO customers (id, organization_id, first_name, last_name, company, email, phone_number, journey_stage_id,
        lead_source_id, tags, address, last_contact, notes, created_at, updated_at)
    SELECT md5('contact ' || organization.id || number)::uuid, organization.id,
        (ARRAY['Ahmed', 'Mona', 'Youssef', 'Salma', 'Omar', 'Nour', 'أحمد', 'منى', 'يوسف', 'سلمى', 'عمر', 'نور',
            'Karim', 'Laila', 'Tarek', 'Hana', 'كريم', 'ليلى', 'طارق', 'هنا'])[1 + number * 7 %% 20],
        (ARRAY['Hassan', 'Ibrahim', 'Mansour', 'Fathy', 'Soliman', 'Abdelrahman', 'حسن', 'إبراهيم', 'منصور', 'فتحي',
            'سليمان', 'عبد الرحمن', 'Khalil', 'Nasser', 'Zaki', 'Amin', 'خليل', 'ناصر', 'زكي', 'أمين',
            'Shaker', 'شاكر', 'Barakat', 'بركات'])[1 + number / 20 %% 24]
            || CASE WHEN number > 480 THEN ' ' || chr(97 + number / 480 %% 26) || chr(97 + number / 12480 %% 26)
                ELSE '' END,
        CASE WHEN number %% 5 = 0 THEN 'Company ' || number END,
        'contact' || number || '@example.com', '+2010' || lpad(number::text, 8, '0'),
        stages.ids[1 + number %% 5], sources.ids[1 + number %% 8],
        CASE number %% 4 WHEN 0 THEN '{vip}'::text[] WHEN 1 THEN '{cairo,wholesale}' ELSE '{}' END,
        jsonb_build_object('line1', number || ' Tahrir Street', 'city', 'Cairo', 'country', 'EG'),
        now() - random() * interval '60 days',
        CASE WHEN number %% 3 = 0 THEN 'Prefers to be called in the evening.' END,
        moment.at, moment.at
    FROM organizations AS organization
    CROSS JOIN LATERAL (
        SELECT array_agg(id ORDER BY position) AS ids FROM customer_journey_stages AS stage
        WHERE stage.organization_id = organization.id
    ) AS stages
    CROSS JOIN LATERAL (
        SELECT array_agg(id ORDER BY name) AS ids FROM lead_sources AS source
        WHERE source.organization_id = organization.id
    ) AS sources
    CROSS JOIN LATERAL generate_series(
        1, CASE WHEN organization.id = md5('organization ' || %(organizations)s)::uuid
            THEN %(big_contacts)s ELSE %(contacts)s END) AS number
    CROSS JOIN LATERAL (SELECT now() - random() * number * interval '1 second' - interval '1 day' AS at) AS moment
"""
IDENTITIES = """
    INSERT INTO customer_identities (organization_id, customer_id, kind, value, created_at)
    SELECT organization_id, id, kind, CASE kind WHEN 'phone' THEN phone_number ELSE email END, created_at
    FROM customers CROSS JOIN unnest(ARRAY['phone', 'email']) AS kind
"""
CHATS = """
    INSERT INTO chats (organization_id, customer_id, platform, platform_chat_id, contact_name, last_message,
        last_message_time)
    SELECT organization_id, id, 'whatsapp', phone_number, first_name, 'When will my order arrive?',
        now() - random() * interval '60 days'
    FROM customers WHERE right(phone_number, 1) IN ('0', '5')
"""
ORDERS = """
    INSERT INTO orders (id, organization_id, customer_id, order_number, order_status, total_amount, currency,
        shipping_address, created_at, updated_at)
    SELECT md5('order ' || contact.organization_id || contact.number)::uuid, contact.organization_id, contact.id,
        'ORD-2025-' || lpad(contact.number::text, 6, '0'),
        (ARRAY['delivered', 'delivered', 'shipped', 'cancelled', 'pending']::order_status[])[1 + contact.number %% 5],
        300 + contact.number %% 700, 'EGP', contact.address, moment.at, moment.at
    FROM (
        SELECT customers.*, row_number() OVER (PARTITION BY organization_id ORDER BY id) AS number
        FROM customers WHERE right(phone_number, 1) IN ('1', '3', '5', '7', '9')
    ) AS contact
    CROSS JOIN LATERAL (
        SELECT now() - random() * contact.number * interval '1 second' - interval '1 hour' AS at
    ) AS moment
"""
LINES = """
    INSERT INTO order_items (organization_id, order_id, item_id, sku, name, qty, unit_price, created_at)
    SELECT placed.organization_id, placed.id,
        md5('item ' || placed.organization_id || 1 + (placed.spot + line) %% 50)::uuid,
        'SKU-' || 1 + (placed.spot + line) %% 50, 'Item of the catalog', 1 + line, 100, placed.created_at
    FROM (SELECT *, right(order_number, 4)::integer AS spot FROM orders) AS placed
    CROSS JOIN generate_series(0, 2) AS line
"""
AUDIT = """
    INSERT INTO audit_events (organization_id, actor_type, action, entity_type, entity_id, changes, created_at)
    SELECT organization_id, 'system', 'customers.insert', 'customers', id, '{}'::jsonb, created_at FROM customers
    UNION ALL
    SELECT organization_id, 'system', 'orders.insert', 'orders', id, '{}'::jsonb, created_at FROM orders
"""
COUNTERS = """
    INSERT INTO usage_counters (organization_id, resource, period, used)
    SELECT organization_id, 'contacts', 'total', count(*) FROM customers GROUP BY 1
    UNION ALL
    SELECT organization_id, 'orders', 'total', count(*) FROM orders GROUP BY 1
"""

WITH_TRIGGERS = (ORGANIZATIONS,)
WITHOUT = {
    "agents": (AGENT_USERS, AGENTS, KEYS),
    "items and stock": (ITEMS, WAREHOUSES, MOVEMENTS, BALANCES),
    "contacts": (CONTACTS, IDENTITIES, CHATS),
    "orders": (ORDERS, LINES),
    "history": (AUDIT, COUNTERS),
}


def copy_database(connection: Connection, *, source: str, name: str) -> None:
    connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")


def rename_database(connection: Connection, *, name: str, to: str) -> None:
    connection.execute(f"ALTER DATABASE {name} RENAME TO {to}")


def has_database(connection: Connection, *, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %(name)s", {"name": name}).fetchone()
    return found is not None


def take_search_indexes_off(connection: Connection) -> list[str]:
    """Drop the search indexes and return their definitions: building them at the end costs a fraction."""
    sql = """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        FROM pg_index WHERE indexrelid::regclass::text LIKE '%search_idx'
    """
    found = connection.execute(sql).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def lift_daily_ceiling(connection: Connection) -> None:
    """Raise the plan's limits beyond what a load test reaches; every call still checks them."""
    connection.execute("UPDATE plans SET max_api_calls_day = 2000000000, max_orders = NULL WHERE code = 'scale'")


def make_peer_role(connection: Connection, *, password: str) -> None:
    """Create the role of the peers: it reads and writes the same tables, past row level security."""
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'bench_peer'").fetchone():
        connection.execute("CREATE ROLE bench_peer LOGIN BYPASSRLS IN ROLE service_role")
    connection.execute(f"ALTER ROLE bench_peer PASSWORD '{password}'")


def list_agents(connection: Connection) -> list[tuple[str, str, str, bool]]:
    """List each agent's organization, user, key, and whether the organization is the big one."""
    sql = """
        SELECT agent.organization_id::text, agent.user_id::text, key.id::text,
            agent.organization_id = (SELECT organization_id FROM usage_counters WHERE resource = 'contacts'
                ORDER BY used DESC, organization_id LIMIT 1) AS big
        FROM agent_accounts AS agent
        JOIN agent_api_keys AS key ON key.agent_id = agent.id AND key.organization_id = agent.organization_id
        ORDER BY md5(agent.id::text)
    """
    return connection.execute(sql).fetchall()


def list_samples(connection: Connection, *, count: int) -> dict[str, list[str]]:
    """List some contacts of every organization."""
    sql = """
        SELECT organization.id::text, ARRAY(
            SELECT customers.id::text FROM customers WHERE customers.organization_id = organization.id
            ORDER BY customers.id LIMIT %(count)s
        )
        FROM organizations AS organization
    """
    return dict(connection.execute(sql, {"count": count}).fetchall())


def count_orders(connection: Connection) -> int:
    found = connection.execute("SELECT count(*) FROM orders").fetchone()
    return int(found[0]) if found else 0


def watch_statements(connection: Connection) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    connection.execute("ALTER SYSTEM SET pg_stat_statements.track = 'all'")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("SELECT pg_stat_statements_reset()")


def list_statements(connection: Connection, *, most: int) -> list[tuple[int, float, float, str]]:
    """List calls, total and mean milliseconds, and the beginning of the text; nested statements too."""
    sql = """
        SELECT calls, total_exec_time + total_plan_time, mean_exec_time,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 110)
        FROM pg_stat_statements
        WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY total_exec_time DESC
        LIMIT %(most)s
    """
    return connection.execute(sql, {"most": most}).fetchall()


def find_postmaster(connection: Connection) -> int:
    """Find the server's own process: the first line of its lock file."""
    sql = "SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::integer"
    found = connection.execute(sql).fetchone()
    return int(found[0]) if found else 0


def make_webhook_table(connection: Connection) -> None:
    """Create the table of the bare receiver, with fewer columns and indexes than ours."""
    sql = """
        CREATE TABLE IF NOT EXISTS bench_webhooks (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            body bytea NOT NULL
        )
    """
    connection.execute(sql)
    connection.execute("GRANT INSERT ON bench_webhooks TO bench_peer")


def insert_numbers(connection: Connection, *, count: int) -> list[tuple[str, str]]:
    """Insert a WhatsApp number for each of so many organizations; return its id at Meta and its account's."""
    sql = """
        INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id)
        SELECT id, 'whatsapp', '990' || row_number() OVER (ORDER BY id), '991' || row_number() OVER (ORDER BY id)
        FROM (SELECT id FROM organizations WHERE plan_code = 'scale' ORDER BY id LIMIT %(count)s) AS chosen
        ON CONFLICT (organization_id, platform, external_id) DO UPDATE SET waba_id = excluded.waba_id
        RETURNING external_id, waba_id
    """
    return connection.execute(sql, {"count": count}).fetchall()


def list_prefixes(connection: Connection, *, organization_id: str) -> list[str]:
    """List the prefixes of the organization's keys."""
    sql = "SELECT prefix FROM agent_api_keys WHERE organization_id = %(organization_id)s"
    return [row[0] for row in connection.execute(sql, {"organization_id": organization_id})]


def lock_usage(connection: Connection, *, organization_id: str) -> None:
    """Hold the organization's counters until the transaction ends."""
    sql = "SELECT FROM usage_counters WHERE organization_id = %(organization_id)s FOR UPDATE"
    connection.execute(sql, {"organization_id": organization_id})


def open_conversations(
    connection: Connection, *, organizations: list[str], sealed: Callable[[UUID], bytes], count: int = 40
) -> list[tuple[str, str]]:
    """Insert a WhatsApp number for each organization, and open conversations; return organizations and chat ids."""
    numbers = """
        INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id, token_sealed)
        VALUES (%(organization_id)s, 'whatsapp', '99' || %(number)s, '98' || %(number)s, %(token)s)
        ON CONFLICT (organization_id, platform, external_id) DO UPDATE SET token_sealed = excluded.token_sealed
        RETURNING id
    """
    chats = """
        UPDATE chats SET channel_id = %(channel_id)s, last_inbound_at = now()
        WHERE id IN (SELECT id FROM chats WHERE organization_id = %(organization_id)s ORDER BY id LIMIT %(count)s)
        RETURNING organization_id::text, id::text
    """
    people = """
        INSERT INTO channel_identities (organization_id, channel_id, kind, value, chat_id)
        SELECT organization_id, channel_id, 'wa_id', ltrim(platform_chat_id, '+'), id
        FROM chats WHERE channel_id = %(channel_id)s
        ON CONFLICT DO NOTHING
    """
    found: list[tuple[str, str]] = []
    for number, organization_id in enumerate(organizations, start=7000):
        token = sealed(UUID(organization_id))
        values: dict[str, Any] = {"organization_id": organization_id, "number": number, "token": token}
        channel = connection.execute(numbers, values).fetchone()
        if channel is None:
            raise LookupError(organization_id)
        values |= {"channel_id": channel[0], "count": count}
        found += connection.execute(chats, values).fetchall()
        connection.execute(people, values)
    return found


def count_waiting_webhooks(connection: Connection) -> int:
    found = connection.execute("SELECT count(*) FROM webhook_inbox WHERE processed_at IS NULL").fetchone()
    return int(found[0]) if found else 0


def count_messages(connection: Connection, *, like: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Count rows and distinct ids of messages whose provider id matches, by direction and status."""
    sql = """
        SELECT direction, status, count(*), count(DISTINCT platform_message_id) FROM messages
        WHERE platform_message_id LIKE %(like)s GROUP BY 1, 2
    """
    return {(way, status): (rows, ids) for way, status, rows, ids in connection.execute(sql, {"like": like})}
