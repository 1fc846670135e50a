"""All SQL of this room; row level security narrows every statement to the caller's organization."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query, json_text
from shared.runtime.postgres.transaction import Tx

from .models import Choices, Contact, ContactFilter, ContactRow, UnreadPhone


class _Id(msgspec.Struct, frozen=True):
    id: UUID


class _Country(msgspec.Struct, frozen=True):
    country: str


_LIST_CONTACTS = Query(
    """
    SELECT contact.id, contact.created_at, contact.first_name, contact.last_name, contact.phone_number,
        contact.email, contact.company,
        (
            SELECT stage.name FROM customer_journey_stages AS stage WHERE stage.id = contact.journey_stage_id
        ) AS journey_stage,
        contact.tags, contact.last_contact
    FROM customers AS contact
    WHERE {phone} AND {email} AND {search} AND {journey_stage} AND {label} AND {tag} AND {after_time}
    ORDER BY contact.created_at DESC, contact.id DESC
    LIMIT {limit}
    """,
    where={
        "phone": "contact.id = ANY(ARRAY(SELECT app.contacts_with_phone(%(phone)s, %(phone_number)s)))",
        "email": """
            contact.id = ANY(ARRAY(
                SELECT identity.customer_id FROM customer_identities AS identity
                WHERE identity.kind = 'email' AND identity.value = lower(app.clean_email(%(email)s))
            ))
        """,
        "search": "contact.id = ANY(ARRAY(SELECT app.contacts_named(%(search)s, %(search_number)s)))",
        "journey_stage": """
            contact.journey_stage_id = (
                SELECT chosen.id FROM customer_journey_stages AS chosen
                WHERE chosen.id::text = %(journey_stage)s OR app.fold(chosen.name) = app.fold(%(journey_stage)s)
                LIMIT 1
            )
        """,
        "label": """
            contact.id = ANY(ARRAY(
                SELECT worn.customer_id FROM customer_labels AS worn
                JOIN labels ON labels.organization_id = worn.organization_id AND labels.id = worn.label_id
                WHERE app.fold(labels.name) = app.fold(%(label)s)
            ))
        """,
        "tag": "%(tag)s = ANY(contact.tags)",
        "after_time": "(contact.created_at, contact.id) < (%(after_time)s, %(after_id)s::uuid)",
    },
    limits=["limit"],
)
"""Ids come as an array, so that a filter with few contacts becomes a look-up by id and not a scan of the whole list.
The stage is looked up for the rows of the page only: that is cheaper than a join under row level security."""


async def list_contacts(
    tx: Tx, *, filters: ContactFilter, after: tuple[datetime, UUID] | None, limit: int
) -> list[ContactRow]:
    after_time, after_id = after or (None, None)
    return await tx.all(
        ContactRow,
        _LIST_CONTACTS,
        **msgspec.structs.asdict(filters),
        after_time=after_time,
        after_id=after_id,
        limit=limit,
    )


async def find_contact(tx: Tx, *, customer_id: UUID) -> Contact | None:
    sql = """
        SELECT contact.id, contact.first_name, contact.last_name, contact.email, contact.phone_number,
            contact.phone_raw, contact.phone_valid, contact.company, contact.address, stage.name AS journey_stage,
            source.name AS lead_source, contact.customer_label, contact.assigned_to, contact.customer_score,
            contact.tags, contact.last_contact, contact.next_follow_up, contact.notes, contact.created_at,
            contact.updated_at
        FROM customers AS contact
        LEFT JOIN customer_journey_stages AS stage
            ON stage.organization_id = contact.organization_id AND stage.id = contact.journey_stage_id
        LEFT JOIN lead_sources AS source
            ON source.organization_id = contact.organization_id AND source.id = contact.lead_source_id
        WHERE contact.id = %(customer_id)s
    """
    return await tx.find(Contact, sql, customer_id=customer_id)


async def find_choices(tx: Tx) -> Choices:
    sql = """
        SELECT organizations.country,
            (
                SELECT coalesce(jsonb_agg(
                    jsonb_build_object('id', stage.id, 'name', stage.name) ORDER BY stage.position, stage.name), '[]')
                FROM customer_journey_stages AS stage
            ) AS journey_stages,
            (
                SELECT coalesce(jsonb_agg(
                    jsonb_build_object('id', source.id, 'name', source.name) ORDER BY source.name), '[]')
                FROM lead_sources AS source
            ) AS lead_sources
        FROM organizations
        WHERE organizations.id = app.organization_id()
    """
    return await tx.one(Choices, sql)


async def find_country(tx: Tx) -> str | None:
    """Return the organization's country, in which numbers without a country code are read."""
    sql = "SELECT country FROM organizations WHERE id = app.organization_id()"
    found = await tx.find(_Country, sql)
    return found.country if found else None


async def insert_contact(tx: Tx, *, values: dict[str, Any], phone_validity: str) -> UUID:
    """Insert a contact from values by column name; a missing column takes its default.

    `phone_validity` holds a number and "True" or "False", divided by a space.
    """
    sql = """
        INSERT INTO customers
            (first_name, last_name, email, phone_number, phone_raw, company, address, journey_stage_id, lead_source_id,
                customer_label, assigned_to, customer_score, tags, last_contact, next_follow_up, notes)
        SELECT given.first_name, given.last_name, given.email, given.phone_number, given.phone_raw, given.company,
            given.address, given.journey_stage_id, given.lead_source_id, given.customer_label, given.assigned_to,
            coalesce(given.customer_score, 0), coalesce(given.tags, '{}'), given.last_contact, given.next_follow_up,
            given.notes
        FROM jsonb_populate_record(NULL::customers, %(values)s::jsonb) AS given
        CROSS JOIN set_config('app.phone_told', %(phone_validity)s, true)
        RETURNING id
    """
    encoded = json_text(values)
    return (await tx.one(_Id, sql, values=encoded, phone_validity=phone_validity)).id


async def update_contact(tx: Tx, *, customer_id: UUID, values: dict[str, Any], phone_validity: str) -> UUID | None:
    """Change only the columns that `values` names; return None if there is no such contact."""
    sql = """
        UPDATE customers AS contact
        SET (first_name, last_name, email, phone_number, phone_raw, company, address, journey_stage_id, lead_source_id,
                customer_label, assigned_to, customer_score, tags, last_contact, next_follow_up, notes)
            = (SELECT given.first_name, given.last_name, given.email, given.phone_number, given.phone_raw,
                given.company, given.address, given.journey_stage_id, given.lead_source_id, given.customer_label,
                given.assigned_to, coalesce(given.customer_score, 0), coalesce(given.tags, '{}'), given.last_contact,
                given.next_follow_up, given.notes
            FROM jsonb_populate_record(contact, %(values)s::jsonb) AS given
            CROSS JOIN set_config('app.phone_told', %(phone_validity)s, true))
        WHERE contact.id = %(customer_id)s
        RETURNING contact.id
    """
    encoded = json_text(values)
    found = await tx.find(_Id, sql, customer_id=customer_id, values=encoded, phone_validity=phone_validity)
    return found.id if found else None


_LIST_UNREAD_PHONES = Query(
    """
    SELECT contact.id, contact.phone_number
    FROM customers AS contact
    WHERE contact.phone_number IS NOT NULL AND contact.phone_valid IS NULL
    ORDER BY contact.id
    LIMIT {limit}
    FOR UPDATE SKIP LOCKED
    """,
    limits=["limit"],
)


async def list_unread_phones(tx: Tx, *, limit: int) -> list[UnreadPhone]:
    """List, as the service, the phone numbers of all organizations that were written without a check."""
    return await tx.all(UnreadPhone, _LIST_UNREAD_PHONES, limit=limit)


async def update_phone_validity(tx: Tx, *, ids: list[UUID], valid: list[bool]) -> int:
    """Record the validity of numbers, in the order of `ids`, of contacts that this transaction has locked."""
    sql = """
        UPDATE customers AS contact
        SET phone_valid = checked.valid
        FROM unnest(%(ids)s::uuid[], %(valid)s::boolean[]) AS checked (id, valid)
        WHERE contact.id = checked.id
    """
    return await tx.run(sql, ids=ids, valid=valid)
