"""The routines of the migrated schema are those of infra/schema: none more, none less, none different."""

from typing import Any

import psycopg
import pytest

from infra.migrate import DIRECTORY
from infra.routines import FOLDERS, read_routines

ROUTINES = """
    SELECT p.oid::regprocedure::text AS signature, p.ctid::text AS version,
      concat_ws(
        ' ', pg_get_functiondef(p.oid), 'OWNER', p.proowner::regrole,
        (SELECT string_agg(entry::text, ' ' ORDER BY entry::text) FROM unnest(p.proacl) AS entry)
      ) AS definition
    FROM pg_proc p
    WHERE p.pronamespace IN ('public'::regnamespace, 'app'::regnamespace, 'auth'::regnamespace, 'storage'::regnamespace)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
WITHOUT_GRANTS = """
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA app, auth, storage
    FROM public, anon, authenticated, service_role, authenticator, supabase_auth_admin
"""


def differences(database: psycopg.Connection[Any]) -> set[str]:
    """Return each routine that has no file, or that its file alone would make another one."""
    definitions = {signature: definition for signature, _, definition in database.execute(ROUTINES)}
    with database.transaction(force_rollback=True):
        database.execute(WITHOUT_GRANTS)
        versions = {signature: version for signature, version, _ in database.execute(ROUTINES)}
        for routine in read_routines(DIRECTORY / "schema"):
            database.execute(routine.text)
        after = database.execute(ROUTINES).fetchall()
    untouched = {signature for signature, version, _ in after if versions.get(signature) == version}
    return untouched | {signature for signature, _, definition in after if definitions.get(signature) != definition}


def test_each_routine_of_the_catalog_is_that_of_its_file(owner_database):
    assert differences(owner_database) == set()


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("CREATE FUNCTION app.loose() RETURNS integer LANGUAGE sql RETURN 1", "app.loose()"),
        ("CREATE FUNCTION app.add_usage(n integer) RETURNS integer LANGUAGE sql RETURN 1", "app.add_usage(integer)"),
        ("ALTER FUNCTION app.request_id() VOLATILE", "app.request_id()"),
        ("GRANT EXECUTE ON FUNCTION app.add_usage TO authenticated", "app.add_usage(uuid,text,bigint)"),
        ("REVOKE EXECUTE ON FUNCTION app.search FROM authenticated", "app.search(text,text[],integer,text)"),
        ("ALTER FUNCTION app.enqueue OWNER TO service_role", "app.enqueue(text,jsonb)"),
    ],
)
def test_a_difference_between_catalog_and_files_is_found(altered, planted, found):
    altered.execute(planted)
    assert differences(altered) == {found}


def test_each_folder_has_routines():
    found = {routine.migration_set for routine in read_routines(DIRECTORY / "schema")}
    assert found == set(FOLDERS)
