"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from uuid import UUID

from shared.runtime.postgres.transaction import Tx

from .models import ContactRecord, Find


async def search(tx: Tx, *, query: str, number: str | None, kinds: list[str], limit: int) -> list[Find]:
    sql = """
        SELECT kind, id, title, detail, matched, score
        FROM app.search(%(query)s, %(kinds)s::text[], %(limit)s::integer, %(number)s)
    """
    return await tx.all(Find, sql, query=query, number=number, kinds=kinds, limit=limit)


CONTACT_RECORD = """
    SELECT contact.id, contact.first_name, contact.last_name, contact.email, contact.phone_number,
        contact.phone_raw, contact.phone_valid, contact.company, contact.address, contact.shopify_customer_id,
        stage.name AS journey_stage, source.name AS lead_source, contact.customer_label, contact.assigned_to,
        contact.customer_score, contact.tags, contact.last_contact, contact.next_follow_up, contact.notes,
        contact.metadata, contact.created_at, contact.updated_at,
        ARRAY(
            SELECT labels.name
            FROM customer_labels AS worn
            JOIN labels ON labels.organization_id = worn.organization_id AND labels.id = worn.label_id
            WHERE worn.customer_id = contact.id
            ORDER BY labels.name
        ) AS labels,
        (
            SELECT coalesce(json_agg(summed ORDER BY summed.last_order_at DESC), '[]')
            FROM (
                SELECT placed.currency, count(*) AS orders,
                    count(*) FILTER (WHERE placed.order_status = 'delivered') AS delivered,
                    count(*) FILTER (WHERE placed.order_status = 'cancelled') AS cancelled,
                    coalesce(round(sum(placed.total_amount - placed.refund_amount)
                        FILTER (WHERE placed.order_status = 'delivered'),
                        app.currency_decimals(placed.currency)), 0)::text AS lifetime_value,
                    round(avg(placed.total_amount) FILTER (WHERE placed.order_status <> 'cancelled'),
                        app.currency_decimals(placed.currency))::text AS average_order,
                    min(placed.created_at) AS first_order_at, max(placed.created_at) AS last_order_at
                FROM orders AS placed
                WHERE placed.customer_id = contact.id
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
                WHERE chat.customer_id = contact.id
                ORDER BY chat.last_message_time DESC
                LIMIT 5
            ) AS newest
        ) AS conversations,
        (
            SELECT coalesce(json_agg(happened ORDER BY happened.at DESC), '[]')
            FROM (
                SELECT event.created_at AS at, event.action, event.actor_type, event.entity_id,
                    CASE WHEN event.action LIKE '%%.update'
                        THEN ARRAY(SELECT jsonb_object_keys(event.changes) ORDER BY 1) ELSE '{}' END AS changed,
                    event.changes -> 'order_status' ->> 'to' AS order_status
                FROM audit_events AS event
                WHERE (event.entity_type, event.entity_id) = ('customers', contact.id)
                    OR event.entity_type = 'orders' AND event.entity_id = ANY(recent.ids)
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
                round(placed.total_amount, app.currency_decimals(placed.currency))::text AS total_amount
            FROM orders AS placed
            WHERE placed.customer_id = contact.id
            ORDER BY placed.created_at DESC, placed.id DESC
            LIMIT 5
        ) AS newest
    ) AS recent
    WHERE contact.id = %(customer_id)s
"""


async def find_contact_record(tx: Tx, *, customer_id: UUID) -> ContactRecord | None:
    """Find a contact with the newest 5 orders, 5 conversations and 10 changes.

    Amounts travel as text, so that none is rounded.
    """
    return await tx.find(ContactRecord, CONTACT_RECORD, customer_id=customer_id)
