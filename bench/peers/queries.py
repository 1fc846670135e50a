"""The SQL that peers and limits share: the same results as Nexus, with the organization as an ordinary condition."""

import re

LIST_CONTACTS = """
    SELECT contact.id, contact.created_at, contact.first_name, contact.last_name, contact.phone_number, contact.email,
        contact.company, stage.name AS journey_stage, contact.tags, contact.last_contact
    FROM customers AS contact
    LEFT JOIN customer_journey_stages AS stage
        ON stage.organization_id = contact.organization_id AND stage.id = contact.journey_stage_id
    WHERE contact.organization_id = :organization_id
    ORDER BY contact.created_at DESC, contact.id DESC
    LIMIT :limit
"""
LIST_COMPANIES = """
    SELECT id, created_at, first_name, last_name, phone_number, email, company, tags, last_contact
    FROM customers
    WHERE organization_id = :organization_id AND company IS NOT NULL
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
"""
LIST_PLACED = """
    SELECT placed.id, placed.created_at, placed.order_number, placed.order_status::text, placed.total_amount,
        json_build_object(
            'id', customers.id, 'first_name', customers.first_name, 'last_name', customers.last_name
        ) AS customers
    FROM orders AS placed
    LEFT JOIN customers
        ON customers.organization_id = placed.organization_id AND customers.id = placed.customer_id
    WHERE placed.organization_id = :organization_id
    ORDER BY placed.created_at DESC, placed.id DESC
    LIMIT :limit
"""
GET_CONTACT = """
    SELECT contact.id, contact.first_name, contact.last_name, contact.email, contact.phone_number, contact.phone_raw,
        contact.company, contact.address, contact.shopify_customer_id, stage.name AS journey_stage,
        source.name AS lead_source, contact.customer_label, contact.assigned_to, contact.customer_score, contact.tags,
        contact.last_contact, contact.next_follow_up, contact.notes, contact.metadata, contact.created_at,
        contact.updated_at,
        ARRAY(
            SELECT labels.name
            FROM customer_labels AS worn
            JOIN labels ON labels.organization_id = worn.organization_id AND labels.id = worn.label_id
            WHERE worn.organization_id = contact.organization_id AND worn.customer_id = contact.id
            ORDER BY labels.name
        ) AS labels,
        (
            SELECT coalesce(json_agg(summed ORDER BY summed.last_order_at DESC), '[]')
            FROM (
                SELECT placed.currency, count(*) AS orders,
                    count(*) FILTER (WHERE placed.order_status = 'delivered') AS delivered,
                    count(*) FILTER (WHERE placed.order_status = 'cancelled') AS cancelled,
                    coalesce(sum(placed.total_amount - placed.refund_amount)
                        FILTER (WHERE placed.order_status = 'delivered'), 0)::text AS lifetime_value,
                    avg(placed.total_amount) FILTER (WHERE placed.order_status <> 'cancelled')::text AS average_order,
                    min(placed.created_at) AS first_order_at, max(placed.created_at) AS last_order_at
                FROM orders AS placed
                WHERE placed.organization_id = contact.organization_id AND placed.customer_id = contact.id
                GROUP BY placed.currency
            ) AS summed
        ) AS order_totals,
        recent.orders AS recent_orders,
        (
            SELECT coalesce(json_agg(newest ORDER BY newest.last_message_time DESC), '[]')
            FROM (
                SELECT chat.id, chat.platform, chat.last_message, chat.last_message_time, chat.unread_count,
                    chat.is_archived
                FROM chats AS chat
                WHERE chat.organization_id = contact.organization_id AND chat.customer_id = contact.id
                ORDER BY chat.last_message_time DESC
                LIMIT 5
            ) AS newest
        ) AS conversations,
        (
            SELECT coalesce(json_agg(happened ORDER BY happened.at DESC), '[]')
            FROM (
                SELECT event.created_at AS at, event.action, event.actor_type, event.entity_id
                FROM audit_events AS event
                WHERE event.organization_id = contact.organization_id
                    AND ((event.entity_type, event.entity_id) = ('customers', contact.id)
                        OR event.entity_type = 'orders' AND event.entity_id = ANY(recent.ids))
                ORDER BY event.created_at DESC, event.id DESC
                LIMIT 10
            ) AS happened
        ) AS history
    FROM customers AS contact
    LEFT JOIN customer_journey_stages AS stage
        ON stage.organization_id = contact.organization_id AND stage.id = contact.journey_stage_id
    LEFT JOIN lead_sources AS source
        ON source.organization_id = contact.organization_id AND source.id = contact.lead_source_id
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(newest.id), '{}') AS ids,
            coalesce(json_agg(newest ORDER BY newest.created_at DESC), '[]') AS orders
        FROM (
            SELECT placed.id, placed.order_number, placed.order_status, placed.currency, placed.created_at,
                placed.total_amount::text AS total_amount
            FROM orders AS placed
            WHERE placed.organization_id = contact.organization_id AND placed.customer_id = contact.id
            ORDER BY placed.created_at DESC, placed.id DESC
            LIMIT 5
        ) AS newest
    ) AS recent
    WHERE contact.organization_id = :organization_id AND contact.id = :customer_id
"""
LIST_KEYS = """
    SELECT key.id, key.agent_id, agent.name AS agent_name, key.name, key.prefix AS key_prefix, key.scopes,
        key.is_active AND (key.expires_at IS NULL OR key.expires_at > now()) AS is_active,
        key.expires_at, key.last_used_at, key.replaced_by, key.created_at
    FROM agent_api_keys AS key
    JOIN agent_accounts AS agent ON agent.organization_id = key.organization_id AND agent.id = key.agent_id
    WHERE key.organization_id = :organization_id AND key.is_active
    ORDER BY key.created_at DESC, key.id DESC
    LIMIT :limit
"""
INSERT_CONTACT = """
    INSERT INTO customers (organization_id, first_name, last_name, email, phone_number, company, notes)
    VALUES (:organization_id, :first_name, :last_name, :email, :phone, :company, :notes)
    RETURNING id
"""
FIND_ANSWER = """
    SELECT response FROM idempotency_keys
    WHERE organization_id = :organization_id AND principal_id = :principal_id AND operation = 'create_order'
        AND key = :key
"""
LIST_ITEMS = """
    SELECT id, name, sku, barcode, selling_price FROM items
    WHERE organization_id = :organization_id AND sku = ANY(:skus) AND is_active
"""
INSERT_ORDER = """
    INSERT INTO orders (organization_id, customer_id, currency, total_amount, notes, payment_mode)
    VALUES (:organization_id, :customer_id, :currency, :total_amount, :notes, :payment_mode)
    RETURNING id, order_number, order_status::text, total_amount, currency, created_at
"""
INSERT_LINE = """
    INSERT INTO order_items (order_id, item_id, sku, name, barcode, qty, unit_price)
    VALUES (:order_id, :item_id, :sku, :name, :barcode, :qty, :unit_price)
"""
KEEP_ANSWER = """
    INSERT INTO idempotency_keys (organization_id, principal_id, operation, key, request_hash, status, response)
    VALUES (:organization_id, :principal_id, 'create_order', :key, :request_hash, 200, :response)
"""
FIND_WRITER = """
    SELECT organization.id,
        (SELECT customers.id FROM customers WHERE customers.organization_id = organization.id LIMIT 1)
    FROM organizations AS organization ORDER BY organization.id OFFSET :position LIMIT 1
"""
UPDATE_CONTACT = """
    UPDATE customers
    SET first_name = coalesce(:first_name, first_name), last_name = coalesce(:last_name, last_name),
        email = coalesce(:email, email), company = coalesce(:company, company), notes = coalesce(:notes, notes)
    WHERE organization_id = :organization_id AND id = :customer_id
    RETURNING id
"""
SEARCH = """
    SELECT 'contact' AS kind, id, concat_ws(' ', first_name, last_name) AS title FROM customers
    WHERE organization_id = :organization_id AND concat_ws(' ', first_name, last_name) ILIKE '%' || :query || '%'
    LIMIT :limit
"""
LIST_ORDERS = """
    SELECT id, created_at, order_number, order_status::text, customer_id, total_amount, currency, payment_status,
        awb_number
    FROM orders
    WHERE organization_id = :organization_id AND (:order_status::text IS NULL OR order_status::text = :order_status)
        AND (:customer_id::uuid IS NULL OR customer_id = :customer_id)
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
"""
GET_ORDER = """
    SELECT id, created_at, order_number, order_status::text, customer_id, total_amount, currency, payment_status,
        awb_number
    FROM orders WHERE organization_id = :organization_id AND order_number = :order_number
"""
MOVE_ORDER = """
    UPDATE orders SET order_status = :order_status::order_status
    WHERE organization_id = :organization_id AND order_number = :order_number
    RETURNING id
"""
LIST_STOCK = """
    SELECT item_id, name, sku, quantity::integer, available_quantity::integer, is_low FROM item_stock
    WHERE organization_id = :organization_id AND (:sku::text IS NULL OR sku = :sku)
        AND (:category::text IS NULL OR category = :category)
    ORDER BY created_at DESC, item_id DESC
    LIMIT :limit
"""
LIST_CHATS = """
    SELECT id, platform, contact_name, last_message, last_message_time, unread_count FROM chats
    WHERE organization_id = :organization_id AND (:platform::text IS NULL OR platform = :platform)
    ORDER BY last_message_time DESC, id DESC
    LIMIT :limit
"""
QUEUE_MESSAGE = """
    INSERT INTO messages (organization_id, chat_id, content, direction, status, sender_type)
    VALUES (:organization_id, :chat_id, :content, 'outbound', 'queued', 'agent')
    RETURNING id
"""
INSERT_WEBHOOK = "INSERT INTO bench_webhooks (body) VALUES (%s)"


def pyformat(sql: str) -> str:
    """Convert parameters to psycopg's form."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql.replace("%", "%%"))


def colon(sql: str) -> str:
    """Convert casts of parameters for SQLAlchemy, which reads a colon as a parameter."""
    return re.sub(r"(:[a-z_]+)::([a-z_]+)", r"CAST(\1 AS \2)", sql)
