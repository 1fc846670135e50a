"""What a table says about a person is erased from the trail, and is in the person's export.

A table says something about a person when its foreign keys lead to contacts, directly or through other tables.
"""

import re
from collections.abc import Iterator

import pytest

from shared.domain.privacy.queries import EXPORT
from tests.schema.tables import Column, Database, Table, read_tables
from tests.support.people import WORDS

FREE_TYPES = re.compile(r"(text|character varying|jsonb?|bytea)\b")

NOT_PERSONAL = {
    "chats.assigned_to": "names a colleague",
    "customers.assigned_to": "names a colleague",
    "messages.media_type": "a MIME type",
    "orders.airtable_record_id": "a key of the order, which the order keeps",
    "orders.currency": "a code of ISO 4217",
    "orders.order_number": "a key of the order, which the order keeps",
    "orders.order_number_key": "made of the order's number",
}
"""Free-text columns of which the trail keeps the values when a person is erased."""
NOT_EXPORTED = {
    "chat_paces": "when we may write next; nothing that a person said or did",
    "message_deliveries": "attempts to send; the exported messages have text and state",
    "message_events": "edits, reactions and receipts; the exported messages have what came of them",
}
"""Tables about a person of which the export has no rows."""

REMEDY = "see 'Add a migration' in CONTRIBUTING.md: rows that say something about a person"


def tables_about_people(tables: dict[str, Table]) -> set[str]:
    """Return the tables from which foreign keys lead to customers."""
    found: set[str] = set()
    more = {"customers"}
    while more:
        found |= more
        more = {
            name for name, table in tables.items() if any(key.target in found for key in table.foreign_keys)
        } - found
    return found


def is_free_text(column: Column) -> bool:
    return not column.labels and FREE_TYPES.match(column.type) is not None


def kept_by_the_trail(database: Database) -> Iterator[str]:
    """Yield the free-text columns about a person whose values app.audit writes and erasing leaves."""
    tables = read_tables(database)
    for name in sorted(tables_about_people(tables)):
        personal, audited = database.execute(
            """
            SELECT app.personal_columns(%(name)s), EXISTS (
              SELECT FROM pg_trigger
              WHERE tgrelid = %(name)s::regclass AND tgfoid = 'app.audit()'::regprocedure
            )
            """,
            {"name": name},
        ).fetchall()[0]
        if audited:
            columns = (column.name for column in tables[name].columns if is_free_text(column))
            yield from (f"{name}.{column}" for column in columns if column not in personal)


def missing_in_the_export(database: Database) -> set[str]:
    """Return the tables about a person that the statement of the export never reads."""
    names = tables_about_people(read_tables(database))
    return {name for name in names if not re.search(rf"\b(FROM|JOIN) {name}\b", EXPORT.sql)}


@pytest.fixture
def planted(altered):
    altered.execute("""
        CREATE TABLE visits (id uuid PRIMARY KEY, order_id uuid REFERENCES orders (id), said text, at timestamptz);
        CREATE TRIGGER audit AFTER INSERT ON visits FOR EACH ROW EXECUTE FUNCTION app.audit()
    """)
    return altered


def test_free_text_about_a_person_is_erased_from_the_trail(owner_database):
    missing = set(kept_by_the_trail(owner_database)) - NOT_PERSONAL.keys()
    assert not missing, f"add them to app.personal_columns; {REMEDY}"


def test_rows_about_a_person_are_in_the_export(owner_database):
    missing = missing_in_the_export(owner_database) - NOT_EXPORTED.keys()
    assert not missing, f"add them to EXPORT in shared/domain/privacy/queries.py; {REMEDY}"


def test_every_table_about_people_with_free_text_has_a_known_person(tenants, org, known):
    """The tests of contact-erase and contact-export look for the words of that person."""
    known(org)
    with tenants.database() as database:
        tables = read_tables(database)
        silent = {
            name
            for name in tables_about_people(tables)
            if any(map(is_free_text, tables[name].columns))
            and not database.execute(
                f"SELECT FROM {name} AS row WHERE organization_id = %s AND to_jsonb(row)::text ~ %s LIMIT 1",
                (org.id, "|".join(WORDS)),
            ).fetchall()
        }
    assert not silent, f"add a row with one of WORDS to MADE in tests/support/people.py; {REMEDY}"


def test_no_exception_is_left_over(owner_database):
    assert set(kept_by_the_trail(owner_database)) == NOT_PERSONAL.keys()
    assert missing_in_the_export(owner_database) == NOT_EXPORTED.keys()


def test_a_planted_table_about_a_person_is_found(planted):
    assert "visits.said" in set(kept_by_the_trail(planted))
    assert "visits.at" not in set(kept_by_the_trail(planted))
    assert "visits" in missing_in_the_export(planted)
