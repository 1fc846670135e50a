"""The migrated schema is clean, and each lint finds the fault that is planted for it."""

import pytest

from tests.schema.house_lints import HOUSE_LINTS
from tests.schema.lints import LINTS
from tests.schema.value_lints import VALUE_LINTS

ALL_LINTS = [pytest.param(lint, id=lint.name) for lint in (*LINTS, *HOUSE_LINTS, *VALUE_LINTS)]


@pytest.mark.parametrize("lint", ALL_LINTS)
def test_the_schema_has_no_such_fault(owner_database, lint):
    assert not lint.ask(owner_database), lint.remedy


@pytest.mark.parametrize("lint", ALL_LINTS)
def test_a_planted_fault_is_found(altered, lint):
    altered.execute(lint.planted)
    assert any(lint.found in fault for fault in lint.ask(altered))


def test_new_tables_and_functions_start_without_grants(altered):
    altered.execute("CREATE TABLE later (id serial PRIMARY KEY)")
    altered.execute("CREATE FUNCTION app.later() RETURNS integer LANGUAGE sql RETURN 1")
    granted = altered.execute("""
        SELECT has_table_privilege(role, 'later', 'SELECT, INSERT, UPDATE, DELETE'),
          has_sequence_privilege(role, 'later_id_seq', 'USAGE'), has_function_privilege(role, 'app.later()', 'EXECUTE')
        FROM unnest('{anon,authenticated}'::text[]) AS role
    """).fetchall()
    assert granted == [(False, False, False)] * 2
