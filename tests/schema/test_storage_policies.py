"""Who may do what with the files of an organization: every policy of schema storage, held to what it is to say.

The matrix of schema public in small: two organizations, each with a file in every bucket, and everybody of the world.
"""

import uuid
from typing import Any, NamedTuple

import psycopg
import pytest

from infra.migrate import MIGRATIONS
from shared.tenancy.principal import Principal
from tests.schema.matrix import Actor, World, enter
from tests.schema.tables import Database

BUCKETS = ("message-media", "labels", "exports")
LEVELS = {"select": "read", "insert": "write", "update": "write", "delete": "admin"}
STATEMENTS = {
    "select": "SELECT FROM storage.objects WHERE bucket_id = %(bucket)s AND name = %(name)s",
    "insert": "INSERT INTO storage.objects (bucket_id, name) VALUES (%(bucket)s, %(name)s || %(more)s)",
    "update": "UPDATE storage.objects SET user_metadata = '{}' WHERE bucket_id = %(bucket)s AND name = %(name)s",
    "delete": "DELETE FROM storage.objects WHERE bucket_id = %(bucket)s AND name = %(name)s",
}
WEAKER = {"write": "read", "admin": "write"}


class Files(NamedTuple):
    """The name of the file in each bucket, by organization, and a bucket of nobody's."""

    own: str
    other: str
    closed: str


@pytest.fixture(scope="session")
def files(world: World, owner_database: Database) -> Files:
    closed = f"closed-{uuid.uuid4().hex}"
    owner_database.execute("INSERT INTO storage.buckets (id, name) VALUES (%s, %s)", [closed, closed])
    names = [f"{each.id}/a/b.pdf" for each in (world.own, world.other)]
    for bucket in (*BUCKETS, closed):
        for name in names:
            owner_database.execute("INSERT INTO storage.objects (bucket_id, name) VALUES (%s, %s)", [bucket, name])
    return Files(names[0], names[1], closed)


def outcome(database: Database, who: Principal, command: str, bucket: str, name: str) -> bool:
    """Return whether the statement did something; nothing of it stays."""
    with database.transaction(force_rollback=True):
        enter(database, who)
        try:
            told = database.execute(STATEMENTS[command], {"bucket": bucket, "name": name, "more": uuid.uuid4().hex})
        except psycopg.errors.InsufficientPrivilege:
            return False
        return told.rowcount > 0


def expected(actor: Actor, command: str, *, owns: bool, is_open: bool) -> bool:
    if actor.principal.role == "service_role":
        return True
    return owns and is_open and LEVELS[command] in actor.held


def faults(database: Database, world: World, files: Files, commands: Any = LEVELS) -> Any:
    """Yield each expectation that does not hold, in words."""
    for actor in world.actors:
        for bucket in (*BUCKETS, files.closed):
            for name, owns in ((files.own, True), (files.other, False)):
                for command in commands:
                    wanted = expected(actor, command, owns=owns, is_open=bucket != files.closed)
                    if outcome(database, actor.principal, command, bucket, name) != wanted:
                        yield f"{actor.name}: {command} of {'own' if owns else 'another'} file in {bucket}"


@pytest.fixture
def first_fault(owner_database: Database, world: World, files: Files) -> Any:
    """Return the first expectation that fails once the statement has been run; nothing of either stays."""

    def look(statement: str, *commands: str) -> str | None:
        with owner_database.transaction(force_rollback=True):
            owner_database.execute(statement)
            owner_database.execute("SET LOCAL SESSION AUTHORIZATION authenticator")
            return next(faults(owner_database, world, files, commands or LEVELS), None)

    return look


@pytest.fixture
def policies(owner_database: Database) -> list[tuple[str, str, str | None, str | None]]:
    rows = owner_database.execute(
        "SELECT policyname, lower(cmd), qual, with_check FROM pg_policies"
        " WHERE schemaname = 'storage' AND tablename = 'objects'"
    )
    return list(rows)


def test_everybody_may_what_they_may_and_nothing_else(login, world, files):
    assert not list(faults(login, world, files))


def test_a_dropped_policy_is_noticed(policies, first_fault):
    assert sorted(command for _, command, _, _ in policies) == sorted(LEVELS)
    for name, command, _, _ in policies:
        assert first_fault(f"DROP POLICY {name} ON storage.objects", command), name


def test_a_policy_that_is_always_true_is_noticed(policies, first_fault):
    for name, command, using, check in policies:
        clauses = ["USING (true)"] * bool(using) + ["WITH CHECK (true)"] * bool(check)
        assert first_fault(f"ALTER POLICY {name} ON storage.objects {' '.join(clauses)}", command), name


def test_a_policy_that_asks_for_less_or_looks_at_no_bucket_is_noticed(policies, first_fault):
    for name, command, using, check in policies:
        text = check or using
        changes = {text.replace(f"'{level}'", f"'{less}'") for level, less in WEAKER.items()} - {text}
        if command in {"select", "insert"}:  # what is not seen is neither changed nor deleted
            changes.add(text.replace("bucket_id = ANY", "bucket_id <> ALL ('{}') OR bucket_id = ANY"))
        for changed in changes:
            clauses = [f"USING ({changed})"] * bool(using) + [f"WITH CHECK ({changed})"] * bool(check)
            assert first_fault(f"ALTER POLICY {name} ON storage.objects {' '.join(clauses)}", command), changed


MIGRATION = (MIGRATIONS / "nexus/0030_storage_buckets.sql").read_text()
UNDO = """
    DELETE FROM storage.objects; DELETE FROM storage.buckets; DROP POLICY nexus_buckets_select ON storage.buckets;
    DROP POLICY nexus_objects_select ON storage.objects; DROP POLICY nexus_objects_insert ON storage.objects;
    DROP POLICY nexus_objects_update ON storage.objects; DROP POLICY nexus_objects_delete ON storage.objects;
"""
MADE = """
    SELECT (SELECT count(*) FROM pg_policies WHERE schemaname = 'storage' AND policyname ~ '^nexus_'),
      (SELECT count(*) FROM storage.buckets)
"""


def test_the_owner_of_a_managed_schema_creates_the_buckets(altered):
    altered.execute(UNDO)
    altered.execute(
        """
        CREATE ROLE platform_owner; CREATE ROLE project_owner;
        ALTER TABLE storage.objects OWNER TO platform_owner; ALTER TABLE storage.buckets OWNER TO platform_owner;
        GRANT ALL ON SCHEMA storage, app TO platform_owner, project_owner;
        -- Here the tables have our rules already, which a platform's own have not.
        GRANT EXECUTE ON FUNCTION app.is_flat_list, app.is_readable_json TO platform_owner;
        GRANT ALL ON storage.objects, storage.buckets TO project_owner;
        ALTER ROLE project_owner BYPASSRLS; ALTER ROLE platform_owner BYPASSRLS;
        SET LOCAL ROLE project_owner
        """
    )
    altered.execute(MIGRATION)
    assert altered.execute(MADE).fetchone() == (0, 0)
    altered.execute("RESET ROLE; SET LOCAL ROLE platform_owner")
    altered.execute(MIGRATION)
    assert altered.execute(MADE).fetchone() == (5, 3)


def test_a_database_without_the_schema_is_migrated_without_the_buckets(altered):
    altered.execute("DROP SCHEMA storage CASCADE")
    altered.execute(MIGRATION)
    assert altered.execute("SELECT to_regnamespace('storage')").fetchone() == (None,)


def test_a_file_is_not_renamed_into_another_organization(login, world, files):
    for actor in world.actors:
        if actor.principal.role == "service_role":
            continue
        with login.transaction(force_rollback=True):
            enter(login, actor.principal)
            move = "UPDATE storage.objects SET name = %s WHERE bucket_id = 'labels' AND name = %s"
            try:
                moved = login.execute(move, [f"{files.other}.moved", files.own]).rowcount
            except psycopg.errors.InsufficientPrivilege:
                moved = 0
        assert moved == 0, actor.name


def test_buckets_are_seen_by_members_alone_and_changed_by_nobody(login, world):
    for actor in world.actors:
        if actor.principal.role == "service_role":
            continue
        with login.transaction(force_rollback=True):
            enter(login, actor.principal)
            seen = {row[0] for row in login.execute("SELECT id FROM storage.buckets")}
            assert seen == (set(BUCKETS) if "read" in actor.held else set()), actor.name
            assert login.execute("UPDATE storage.buckets SET public = true").rowcount == 0
            assert login.execute("DELETE FROM storage.buckets").rowcount == 0


def test_row_level_security_is_on_and_nobody_but_the_service_sees_the_queue(owner_database, login, world):
    rows = owner_database.execute(
        """
        SELECT relname, relrowsecurity, relforcerowsecurity
        FROM pg_class WHERE relnamespace = 'storage'::regnamespace AND relkind = 'r'
        """
    ).fetchall()
    assert sorted(rows) == [
        ("blobs_to_erase", True, False),
        ("buckets", True, True),
        ("objects", True, True),
        ("spent_links", True, False),
    ]
    for actor in world.actors:
        with login.transaction(force_rollback=True):
            enter(login, actor.principal)
            if actor.principal.role == "service_role":
                login.execute("SELECT FROM storage.blobs_to_erase")
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
                login.execute("SELECT FROM storage.blobs_to_erase")


@pytest.mark.parametrize(
    ("name", "folders", "file", "extension"),
    [
        ("a/b/c.tar.gz", ["a", "b"], "c.tar.gz", "gz"),
        ("c", [], "c", "c"),
        ("a/", ["a"], "", ""),
        ("ا/ب.jpg", ["ا"], "ب.jpg", "jpg"),
    ],
)
def test_the_functions_of_policies_read_names_as_upstream(owner_database, name, folders, file, extension):
    row = owner_database.execute(
        "SELECT storage.foldername(%(name)s), storage.filename(%(name)s), storage.extension(%(name)s)", {"name": name}
    ).fetchone()
    assert row == (folders, file, extension)
