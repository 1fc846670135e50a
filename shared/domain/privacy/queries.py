"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx

from .models import ContactErased, ContactExport, ExportedBefore


class _Done(msgspec.Struct, frozen=True):
    done: bool


async def record_export(tx: Tx, *, customer_id: UUID) -> None:
    sql = "SELECT app.record_export(%(customer_id)s) IS NOT NULL AS done"
    await tx.one(_Done, sql, customer_id=customer_id)


class _ContactId(msgspec.Struct, frozen=True):
    customer_id: UUID | None


async def record_person_export(tx: Tx, *, identity: str) -> UUID | None:
    """Record the export of a person; return the contact with that identity, if there is one."""
    sql = "SELECT app.record_person_export(%(identity)s) AS customer_id"
    return (await tx.one(_ContactId, sql, identity=identity)).customer_id


async def find_identity(tx: Tx, *, value: str) -> bool:
    """Return whether a channel knows somebody by exactly that id."""
    sql = "SELECT EXISTS (SELECT FROM channel_identities WHERE value = %(value)s) AS done"
    return (await tx.one(_Done, sql, value=value)).done


EXPORT = Query(
    """
    WITH asked AS MATERIALIZED (
        SELECT app.organization_id() AS organization, %(customer_id)s::uuid IS NULL AS by_name,
            CASE WHEN %(customer_id)s::uuid IS NULL THEN coalesce(app.spellings(%(identity)s::text), '{}')
                ELSE '{}' END AS spellings
    ), who AS MATERIALIZED (
        SELECT asked.*, CASE WHEN asked.by_name THEN ARRAY(
                SELECT DISTINCT made_of
                FROM unnest(app.deleted_contacts(asked.organization, asked.spellings)) AS gone
                CROSS JOIN unnest(app.merged_contacts(asked.organization, gone)) AS made_of
            ) ELSE app.merged_contacts(asked.organization, %(customer_id)s::uuid) END AS people
        FROM asked
    ), met AS MATERIALIZED (
        SELECT who.*, CASE WHEN who.by_name THEN app.threads_of(
                who.organization, who.people, who.spellings || app.former_names(who.organization, who.people)
            ) ELSE ARRAY(SELECT id FROM chats WHERE customer_id = ANY (who.people)) END AS chats
        FROM who
    ), threads AS MATERIALIZED (
        SELECT chat.* FROM met JOIN chats AS chat ON chat.id = ANY (met.chats)
    ), named AS MATERIALIZED (
        SELECT met.*, met.spellings || app.names_of(met.organization, met.people, met.chats) AS names FROM met
    ), ever AS MATERIALIZED (
        SELECT named.*, app.said_in_groups(named.organization, named.names) AS in_groups,
            app.orders_once_of(named.organization, named.people) AS orders
        FROM named
    ), bought AS MATERIALIZED (
        SELECT placed.*
        FROM ever
        JOIN orders AS placed ON placed.customer_id = ANY (ever.people)
            OR (placed.id = ANY (CASE WHEN ever.by_name THEN ever.orders ELSE '{}' END) AND placed.customer_id IS NULL)
        WHERE {orders_before}
        ORDER BY placed.created_at DESC
        FETCH FIRST (%(most_rows)s) ROWS WITH TIES
    ), said AS MATERIALIZED (
        SELECT message.*
        FROM messages AS message
        WHERE (message.chat_id IN (SELECT id FROM threads) OR message.id IN (SELECT unnest(ever.in_groups) FROM ever))
            AND {messages_before}
        ORDER BY message.timestamp DESC
        FETCH FIRST (%(most_messages)s) ROWS WITH TIES
    ), happened AS MATERIALIZED (
        SELECT event.*
        FROM ever
        CROSS JOIN audit_trail AS event
        WHERE (
                (event.entity_type = 'customers' AND event.entity_id = ANY (ever.people))
                OR (event.entity_type = 'customer_labels'
                    AND event.entity_key ->> 'customer_id' = ANY (ever.people::text[]))
                OR (event.entity_type = 'orders' AND event.entity_id = ANY (ever.orders))
                OR (event.entity_type = 'chats' AND event.entity_id IN (SELECT id FROM threads))
                OR (event.entity_type = 'messages' AND event.entity_id = ANY (ever.in_groups))
                OR event.id IN (SELECT event_id FROM audit_values WHERE customer_id = ANY (ever.people))
                OR event.id IN (
                    SELECT kept.event_id FROM ever AS known CROSS JOIN audit_values AS kept
                    WHERE known.by_name AND app.is_named_in(kept.changes, known.names)
                )
            )
            AND {trail_before}
        ORDER BY event.created_at DESC
        FETCH FIRST (%(most_rows)s) ROWS WITH TIES
    ), noted AS MATERIALIZED (
        SELECT event.*
        FROM ever
        CROSS JOIN channel_events AS event
        WHERE event.chat_id = ANY (ever.chats) OR (event.chat_id IS NULL AND app.is_named_in(event.payload, ever.names))
        ORDER BY event.occurred_at DESC
        FETCH FIRST (%(most_rows)s) ROWS ONLY
    )
    SELECT now() AS exported_at, to_jsonb(contact) AS contact,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(known) ORDER BY known.created_at), '[]')
            FROM customer_identities AS known WHERE known.customer_id = contact.id
        ) AS identities,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(known) ORDER BY known.created_at), '[]')
            FROM channel_identities AS known WHERE known.chat_id IN (SELECT id FROM threads)
        ) AS channel_identities,
        ARRAY(
            SELECT labels.name FROM customer_labels AS worn
            JOIN labels ON labels.organization_id = worn.organization_id AND labels.id = worn.label_id
            WHERE worn.customer_id = contact.id
            ORDER BY labels.name
        ) AS labels,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(bought) || jsonb_build_object('lines', (
                SELECT coalesce(jsonb_agg(to_jsonb(line) ORDER BY line.created_at, line.id), '[]')
                FROM order_items AS line WHERE line.order_id = bought.id
            )) ORDER BY bought.created_at DESC), '[]')
            FROM bought
        ) AS orders,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(threads) ORDER BY threads.created_at DESC), '[]') FROM threads
        ) AS conversations,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(said) ORDER BY said.timestamp DESC, said.id DESC), '[]') FROM said
        ) AS messages,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(media) || jsonb_build_object('message_id', shown.message_id)), '[]')
            FROM message_media AS shown
            JOIN media ON media.organization_id = shown.organization_id AND media.id = shown.media_id
            WHERE shown.message_id IN (SELECT id FROM said)
        ) AS files,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(happened) ORDER BY happened.created_at DESC), '[]') FROM happened
        ) AS trail,
        (
            SELECT coalesce(jsonb_agg(to_jsonb(noted) ORDER BY noted.occurred_at DESC), '[]') FROM noted
        ) AS channel_events,
        (
            SELECT min(said.timestamp) FROM said HAVING count(*) >= %(most_messages)s
        ) AS messages_before,
        (
            SELECT min(bought.created_at) FROM bought HAVING count(*) >= %(most_rows)s
        ) AS orders_before,
        (
            SELECT min(happened.created_at) FROM happened HAVING count(*) >= %(most_rows)s
        ) AS trail_before
    FROM asked
    LEFT JOIN customers AS contact ON contact.id = %(customer_id)s::uuid
    """,
    where={
        "orders_before": "placed.created_at < %(orders_before)s",
        "messages_before": "message.timestamp < %(messages_before)s",
        "trail_before": "event.created_at < %(trail_before)s",
    },
)
"""One statement, so that all rows are of one moment. Rows are exported whole, so that a new column is in them."""


async def find_export(
    tx: Tx,
    *,
    customer_id: UUID | None,
    identity: str | None,
    before: ExportedBefore,
    most_messages: int,
    most_rows: int,
) -> ContactExport:
    """Find one page of all that is known of a contact, or of the person that `identity` alone names.

    A page also holds all rows with the same time as its oldest row, so that none is lost between pages.
    """
    return await tx.one(
        ContactExport,
        EXPORT,
        customer_id=customer_id,
        identity=identity,
        messages_before=before.messages,
        orders_before=before.orders,
        trail_before=before.trail,
        most_messages=most_messages,
        most_rows=most_rows,
    )


async def erase_contact(tx: Tx, *, customer_id: UUID, without_export: bool) -> ContactErased:
    sql = """
        SELECT %(customer_id)s::uuid AS customer_id, orders, conversations, messages, files, trail_events
        FROM app.erase_contact(%(customer_id)s, %(without_export)s)
    """
    return await tx.one(ContactErased, sql, customer_id=customer_id, without_export=without_export)


async def erase_person(tx: Tx, *, identity: str, without_export: bool) -> ContactErased:
    sql = """
        SELECT customer_id, orders, conversations, messages, files, trail_events
        FROM app.erase_person(%(identity)s, %(without_export)s)
    """
    return await tx.one(ContactErased, sql, identity=identity, without_export=without_export)
