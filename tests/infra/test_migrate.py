"""The migration runner, on a real Postgres, with migrations of the tests' own and with the project's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from infra import migrate
from infra.local.servers.services import embedded_services
from infra.migrate import MigrationError

ANSWER = "CREATE OR REPLACE FUNCTION {}() RETURNS integer LANGUAGE sql RETURN {}"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with embedded_services(tmp_path_factory.mktemp("server"), schema=tmp_path_factory.mktemp("none")) as services:
        yield services


@pytest.fixture
def database(server, request):
    name = f"test_{abs(hash(request.node.name))}"
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server.admin_url)._replace(path=f"/{name}").geturl()


@pytest.fixture
def directory(tmp_path):
    for name in migrate.SETS:
        (tmp_path / "migrations" / name).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(directory):
    def write(name, text):
        (directory / "migrations" / f"{name}.sql").write_text(text)

    return write


@pytest.fixture
def write_routine(directory):
    def write_routine(name, text, *, folder="routines"):
        file = directory / "schema" / folder / f"{name}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text};\n")

    return write_routine


@pytest.fixture
def run(database, directory):
    return lambda: migrate.migrate(database, directory=directory)


@pytest.fixture
def ask(database):
    def ask(question):
        with psycopg.connect(database, autocommit=True) as connection:
            return next(connection.execute(question))[0]

    return ask


def test_platform_comes_first_then_ours_each_in_number_order(database, directory, write, ask):
    write("nexus/0002_rows", "INSERT INTO notes VALUES ('100 % of it; $1')")
    write("nexus/0001_notes", "CREATE TABLE notes (body text REFERENCES kinds)")
    write(
        "platform/0001_kinds",
        "CREATE TABLE kinds (name text PRIMARY KEY); INSERT INTO kinds VALUES ('100 % of it; $1')",
    )
    report = migrate.migrate(database, directory=directory)
    assert report.applied == ["platform/0001_kinds", "nexus/0001_notes", "nexus/0002_rows"]
    assert ask("SELECT count(*) FROM notes") == 1


def test_each_applied_file_notifies_the_servers_once(database, directory, write):
    write("nexus/0001_first", "CREATE TABLE first (id integer)")
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute("LISTEN pgrst")
        for _ in range(2):
            migrate.migrate(database, directory=directory)
        assert [each.payload for each in listener.notifies(timeout=5, stop_after=1)] == ["reload schema"]
        assert list(listener.notifies(timeout=0)) == []


def test_a_second_run_does_nothing(database, directory, write):
    write("nexus/0001_notes", "CREATE TABLE notes (body text)")
    migrate.migrate(database, directory=directory)
    write("nexus/0002_more", "CREATE TABLE more (body text)")
    assert migrate.status(database, directory=directory).pending == ["nexus/0002_more"]
    assert migrate.migrate(database, directory=directory).applied == ["nexus/0002_more"]
    assert migrate.migrate(database, directory=directory).applied == []


def test_a_changed_applied_file_is_an_error_that_says_what_to_do(database, directory, write):
    write("nexus/0001_notes", "CREATE TABLE notes (body text)")
    migrate.migrate(database, directory=directory)
    write("nexus/0001_notes", "CREATE TABLE notes (body text, author text)")
    with pytest.raises(MigrationError, match=r"0001_notes.sql was changed after it was applied: restore it"):
        migrate.migrate(database, directory=directory)
    with pytest.raises(MigrationError, match="changed"):
        migrate.status(database, directory=directory)


def test_line_ends_of_another_system_are_no_change(database, directory, write):
    (directory / "migrations/nexus/0001_notes.sql").write_bytes(b"CREATE TABLE notes\n(body text)")
    migrate.migrate(database, directory=directory)
    (directory / "migrations/nexus/0001_notes.sql").write_bytes(b"CREATE TABLE notes\r\n(body text)")
    assert migrate.migrate(database, directory=directory).applied == []


def test_a_failing_file_leaves_nothing_of_itself_and_keeps_those_before_it(database, directory, write, ask):
    write("nexus/0001_notes", "CREATE TABLE notes (body text)")
    write("nexus/0002_wrong", "CREATE TABLE half (body text); INSERT INTO notes VALUES ('x'); SELECT 1/0")
    with pytest.raises(MigrationError, match=r"0002_wrong.sql failed, nothing of it was kept: division by zero"):
        migrate.migrate(database, directory=directory)
    assert ask("SELECT to_regclass('half') IS NULL AND (SELECT count(*) FROM notes) = 0")
    write("nexus/0002_wrong", "CREATE TABLE half (body text)")
    assert migrate.migrate(database, directory=directory).applied == ["nexus/0002_wrong"]


def test_a_file_before_an_applied_one_is_refused(database, directory, write):
    write("nexus/0002_second", "SELECT 1")
    migrate.migrate(database, directory=directory)
    write("nexus/0001_late", "SELECT 1")
    with pytest.raises(MigrationError, match=r"0001_late.sql comes before 0002_second, which is already applied"):
        migrate.migrate(database, directory=directory)


def test_files_named_by_time_follow_numbered_ones(database, directory, write):
    for name in ("202612011200_third", "0009_first", "202612011100_second"):
        write(f"nexus/{name}", "SELECT 1")
    report = migrate.migrate(database, directory=directory)
    assert report.applied == ["nexus/0009_first", "nexus/202612011100_second", "nexus/202612011200_third"]


def test_a_file_of_another_branch_applies_after_a_later_one(database, directory, write):
    write("nexus/202612011200_ours", "SELECT 1")
    migrate.migrate(database, directory=directory)
    write("nexus/202612011100_theirs", "SELECT 1")
    assert migrate.migrate(database, directory=directory).applied == ["nexus/202612011100_theirs"]
    assert migrate.status(database, directory=directory).pending == []
    write("nexus/0001_late", "SELECT 1")
    with pytest.raises(MigrationError, match=r"0001_late.sql comes before 202612011200_ours, .* name it by the time"):
        migrate.migrate(database, directory=directory)


def test_older_code_goes_on_beside_a_newer_schema(database, directory, write):
    write("nexus/0001_first", "SELECT 1")
    write("nexus/0002_second", "SELECT 1")
    migrate.migrate(database, directory=directory)
    (directory / "migrations/nexus/0002_second.sql").unlink()
    assert migrate.migrate(database, directory=directory).unknown == ["nexus/0002_second"]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [(["0001_one", "0001_two"], "same number"), (["1_short"], "not named YYYYMMDDHHMM_subject.sql")],
)
def test_file_names_that_cannot_be_ordered_are_refused(directory, write, names, complaint):
    for name in names:
        write(f"nexus/{name}", "SELECT 1")
    with pytest.raises(MigrationError, match=complaint):
        migrate.read_migrations(directory)


@pytest.mark.parametrize(
    ("platform", "applied"),
    [("auto", ["nexus/0001_ours"]), ("no", ["nexus/0001_ours"]), ("yes", ["platform/0001_theirs", "nexus/0001_ours"])],
)
def test_a_managed_platform_keeps_its_own_auth_schema(database, directory, write, platform, applied):
    with psycopg.connect(database) as managed:
        managed.execute("CREATE SCHEMA auth")
    write("platform/0001_theirs", "CREATE TABLE theirs (x int)")
    write("nexus/0001_ours", "CREATE TABLE ours (x int)")
    report = migrate.migrate(database, directory=directory, platform=platform)
    assert report.applied == applied


def test_a_platform_set_of_ours_goes_on_after_it_made_the_auth_schema(database, directory, write):
    write("platform/0001_auth", "CREATE SCHEMA auth")
    migrate.migrate(database, directory=directory)
    write("platform/0002_more", "SELECT 1")
    assert migrate.migrate(database, directory=directory).applied == ["platform/0002_more"]


def test_two_migrators_at_once_do_the_work_once(database, directory, write, ask):
    for number in range(1, 6):
        write(f"nexus/{number:04}_step", f"CREATE TABLE step_{number} (x int); SELECT pg_sleep(0.01)")
    barrier = threading.Barrier(3)

    def run(_):
        barrier.wait()
        return migrate.migrate(database, directory=directory).applied

    with ThreadPoolExecutor(3) as pool:
        done = [label for applied in pool.map(run, range(3)) for label in applied]
    assert sorted(done) == [f"nexus/{number:04}_step" for number in range(1, 6)]
    assert ask("SELECT count(*) FROM app.schema_migrations") == 5


def test_a_table_in_use_is_not_waited_for_without_end(database, directory, write, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT_MS", 20)
    monkeypatch.setattr(migrate, "LOCK_ATTEMPTS", 1)
    write("nexus/0001_notes", "CREATE TABLE notes (body text)")
    migrate.migrate(database, directory=directory)
    write("nexus/0002_alter", "ALTER TABLE notes ADD author text")
    with psycopg.connect(database) as other:
        other.execute("SELECT FROM notes")
        with pytest.raises(MigrationError, match=r"0002_alter.sql did not get its locks within 20 ms"):
            migrate.migrate(database, directory=directory)
    assert migrate.migrate(database, directory=directory).applied == ["nexus/0002_alter"]


def test_a_login_that_owns_nothing_learns_who_must_run_it(database, directory):
    with psycopg.connect(database) as admin:
        admin.execute("DROP ROLE IF EXISTS visitor; CREATE ROLE visitor LOGIN PASSWORD 'x'")
    visitor = urlsplit(database)
    visitor = visitor._replace(netloc=f"visitor:x@{visitor.hostname}:{visitor.port}").geturl()
    with pytest.raises(MigrationError, match="set NEXUS_ADMIN_DATABASE_URL"):
        migrate.migrate(visitor, directory=directory)


def test_another_server_version_is_refused(database, directory, monkeypatch):
    monkeypatch.setattr(migrate, "OLDEST_SERVER", 190000)
    with pytest.raises(MigrationError, match="Nexus runs on 15 to 18"):
        migrate.migrate(database, directory=directory)


def test_the_bookkeeping_is_nobodys_business_but_the_owners(database, directory, ask):
    migrate.migrate(database, directory=directory)
    assert not ask("SELECT has_table_privilege('pg_database_owner', 'app.schema_migrations', 'SELECT')")
    assert ask("SELECT relrowsecurity FROM pg_class WHERE oid = 'app.schema_migrations'::regclass")


def test_routines_follow_the_migrations(run, write, write_routine, ask):
    write("nexus/0001_notes", "CREATE TABLE notes (body text)")
    write_routine(
        "notes/count", "CREATE FUNCTION count_notes() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM notes)"
    )
    assert run().routines == ["notes/count"]
    assert ask("SELECT count_notes()") == 0


def test_only_a_changed_routine_is_applied_and_named(run, write_routine, ask):
    write_routine("numbers/one", ANSWER.format("one", 1))
    write_routine("numbers/two", ANSWER.format("two", 2))
    assert run().routines == ["numbers/one", "numbers/two"]
    before = ask("SELECT xmin::text FROM pg_proc WHERE proname = 'one'")
    write_routine("numbers/two", ANSWER.format("two", 22))
    assert run().routines == ["numbers/two"]
    assert ask("SELECT two()") == 22
    assert ask("SELECT xmin::text FROM pg_proc WHERE proname = 'one'") == before
    assert run().routines == []


def test_status_names_what_would_change_and_changes_nothing(database, directory, run, write_routine, ask):
    write_routine("numbers/one", ANSWER.format("one", 1))
    assert migrate.status(database, directory=directory).routines == ["numbers/one"]
    run()
    write_routine("numbers/one", ANSWER.format("one", 11))
    assert migrate.status(database, directory=directory).routines == ["numbers/one"]
    assert ask("SELECT one()") == 1


def test_a_routine_may_need_one_that_comes_later(run, write_routine, ask):
    write_routine("numbers/a", ANSWER.format("a", "b() + 1"))
    write_routine("numbers/b", ANSWER.format("b", "c() + 1"))
    write_routine("numbers/c", ANSWER.format("c", "1"))
    run()
    assert ask("SELECT a()") == 3


def test_a_migration_that_replaces_a_routine_does_not_outlive_its_file(run, write, write_routine, ask):
    write_routine("numbers/one", ANSWER.format("one", 1))
    run()
    write("nexus/0001_other", ANSWER.format("one", 111))
    assert run().routines == []
    assert ask("SELECT one()") == 1


def test_the_last_migration_and_the_routines_succeed_or_fail_together(run, write, write_routine, ask):
    write("nexus/0001_first", "CREATE TABLE first (id integer)")
    write("nexus/0002_second", "CREATE TABLE second (id integer)")
    write_routine("numbers/wrong", "CREATE FUNCTION wrong() RETURNS integer LANGUAGE sql RETURN missing()")
    with pytest.raises(MigrationError, match=r"numbers/wrong.sql failed, none of the routines was changed: .*missing"):
        run()
    assert ask("SELECT to_regclass('first') IS NOT NULL AND to_regclass('second') IS NULL")
    write_routine("numbers/wrong", ANSWER.format("wrong", 0))
    assert run().applied == ["nexus/0002_second"]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE OR REPLACE FUNCTION twice(n integer) RETURNS text LANGUAGE sql RETURN 2 * n",
        "CREATE OR REPLACE FUNCTION twice(number integer) RETURNS integer LANGUAGE sql RETURN 2 * number",
    ],
    ids=["result", "argument name"],
)
def test_another_result_needs_a_migration_and_the_refusal_says_so(run, write, write_routine, ask, text):
    write_routine("numbers/twice", "CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql RETURN 2 * n")
    run()
    write_routine("numbers/twice", text)
    with pytest.raises(MigrationError, match=r"numbers/twice.sql gives .* drop the old routine in a migration"):
        run()
    write("nexus/0001_drop", "DROP FUNCTION twice(integer)")
    assert run().routines == ["numbers/twice"]
    assert ask("SELECT twice(2)::text") == "4"


def test_another_argument_leaves_the_old_routine_and_the_refusal_says_so(run, write, write_routine, ask):
    text = (
        "CREATE OR REPLACE FUNCTION twice({}) RETURNS integer LANGUAGE sql RETURN 2; COMMENT ON FUNCTION twice IS 'Two'"
    )
    write_routine("numbers/twice", text.format("n integer"))
    run()
    write_routine("numbers/twice", text.format("n integer, m integer"))
    with pytest.raises(MigrationError, match=r"numbers/twice.sql finds another routine of that name .* drop the one"):
        run()
    write("nexus/0001_drop", "DROP FUNCTION twice(integer)")
    assert run().routines == ["numbers/twice"]


def test_older_code_leaves_the_routines_of_a_newer_schema(directory, run, write, write_routine, ask):
    write("nexus/0001_first", "SELECT 1")
    write("nexus/0002_second", "SELECT 1")
    write_routine("numbers/one", ANSWER.format("one", 2))
    run()
    (directory / "migrations/nexus/0002_second.sql").unlink()
    write_routine("numbers/one", ANSWER.format("one", 1))
    report = run()
    assert (report.unknown, report.routines) == (["nexus/0002_second"], [])
    assert ask("SELECT one()") == 2


def test_a_managed_platform_keeps_its_own_routines(database, directory, write_routine):
    write_routine("accounts/uid", ANSWER.format("uid", 1), folder="platform")
    write_routine("numbers/one", ANSWER.format("one", 1))
    assert migrate.migrate(database, directory=directory, platform="no").routines == ["numbers/one"]


def test_an_older_database_gets_the_table_of_routines(database, run, write, write_routine, ask):
    write("nexus/0001_first", "SELECT 1")
    run()
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP TABLE app.schema_routines; ALTER TABLE app.schema_migrations ALTER number TYPE integer")
    write_routine("numbers/one", ANSWER.format("one", 1))
    report = run()
    assert (report.applied, report.routines) == ([], ["numbers/one"])
    assert ask("SELECT format_type(atttypid, null) FROM pg_attribute WHERE attname = 'number'") == "bigint"
    assert ask("SELECT relrowsecurity FROM pg_class WHERE oid = 'app.schema_routines'::regclass")


def test_line_ends_of_another_system_are_no_change_of_a_routine(directory, run, write_routine):
    write_routine("numbers/one", "-- One.\n" + ANSWER.format("one", 1))
    run()
    file = directory / "schema/routines/numbers/one.sql"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run().routines == []


def test_changed_routines_notify_the_servers_of_the_schema(database, run, write_routine):
    write_routine("numbers/one", ANSWER.format("one", 1))
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute("LISTEN pgrst")
        run()
        run()
        assert [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)] == ["reload schema"]
        assert list(listener.notifies(timeout=0)) == []


@pytest.mark.parametrize("programs", [None, DEBIAN_15], ids=["embedded", "debian-15"])
def test_the_projects_own_migrations_apply(tmp_path, programs):
    if programs and not (programs / "initdb").exists():
        pytest.skip("Postgres 15 is not installed here: apt-get install postgresql-15")
    with embedded_services(tmp_path, programs=programs) as services:
        report = migrate.status(services.admin_url)
        assert report.applied
        assert not report.pending
        with psycopg.connect(services.database_url) as functions:
            assert functions.execute("SELECT session_user").fetchone() == ("authenticator",)
