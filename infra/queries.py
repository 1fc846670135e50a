"""All SQL of the migration runner and the launcher."""

from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow, class_row

Database = psycopg.Connection[TupleRow]

MIGRATION_LOCK = 0x6E_78_6D_67
"""The advisory lock of all migrations of a Nexus database."""


class AppliedMigration(NamedTuple):
    """One row of app.schema_migrations."""

    migration_set: str
    number: int
    name: str
    checksum: str


def lock_migrations(database: Database) -> None:
    """Lock until the transaction ends, which works through a transaction pooler too."""
    database.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])


def create_bookkeeping(database: Database) -> None:
    """Create the tables of applied migrations and routines, or bring those of an earlier version up to date."""
    database.execute("""
        CREATE SCHEMA IF NOT EXISTS app;
        CREATE TABLE IF NOT EXISTS app.schema_migrations (
            migration_set text NOT NULL,
            number bigint NOT NULL,
            name text NOT NULL,
            checksum text NOT NULL,
            duration_ms integer NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (migration_set, number)
        );
        ALTER TABLE app.schema_migrations ALTER number TYPE bigint;
        ALTER TABLE app.schema_migrations ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON app.schema_migrations FROM PUBLIC;
        CREATE TABLE IF NOT EXISTS app.schema_routines (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
        ALTER TABLE app.schema_routines ENABLE ROW LEVEL SECURITY;
        REVOKE ALL ON app.schema_routines FROM PUBLIC;
    """)


def bookkeeping_exists(database: Database) -> bool:
    return _truth(database, "SELECT to_regclass('app.schema_routines') IS NOT NULL")


def migrations_table_exists(database: Database) -> bool:
    return _truth(database, "SELECT to_regclass('app.schema_migrations') IS NOT NULL")


def list_migrations(database: Database) -> list[AppliedMigration]:
    with database.cursor(row_factory=class_row(AppliedMigration)) as cursor:
        cursor.execute("""
            SELECT migration_set, number, name, checksum
            FROM app.schema_migrations
            ORDER BY migration_set, number
        """)
        return cursor.fetchall()


def list_migrations_from(database: Database, *, migration_set: str, number: int) -> list[AppliedMigration]:
    """Return the applied migration of that number and those after it."""
    sql_text = """
        SELECT migration_set, number, name, checksum
        FROM app.schema_migrations
        WHERE migration_set = %s AND number >= %s
        ORDER BY number
    """
    with database.cursor(row_factory=class_row(AppliedMigration)) as cursor:
        cursor.execute(sql_text, [migration_set, number])
        return cursor.fetchall()


def insert_migration(database: Database, migration: AppliedMigration, *, duration_ms: int) -> None:
    sql_text = """
        INSERT INTO app.schema_migrations (migration_set, number, name, checksum, duration_ms)
        VALUES (%s, %s, %s, %s, %s)
    """
    database.execute(sql_text, [*migration, duration_ms])


def list_routine_checksums(database: Database) -> dict[str, str]:
    return dict(database.execute("SELECT name, checksum FROM app.schema_routines").fetchall())


def replace_routine_checksums(database: Database, checksums: dict[str, str]) -> None:
    """Store exactly these checksums; a row whose checksum stays keeps its time."""
    values = {"names": list(checksums), "checksums": list(checksums.values())}
    database.execute("DELETE FROM app.schema_routines WHERE name <> ALL (%(names)s)", values)
    sql_text = """
        INSERT INTO app.schema_routines AS known (name, checksum)
        SELECT * FROM unnest(%(names)s::text[], %(checksums)s::text[])
        ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()
        WHERE known.checksum <> excluded.checksum
    """
    database.execute(sql_text, values)


def leave_bodies_unchecked(database: Database) -> None:
    """Let a routine be created before what its body calls, until the transaction ends."""
    database.execute("SELECT set_config('check_function_bodies', 'off', true)")


def set_lock_timeout(database: Database, *, milliseconds: int) -> None:
    database.execute("SELECT set_config('lock_timeout', %s, true)", [str(milliseconds)])


def tell_schema_changed(database: Database) -> None:
    """Notify all servers of the schema over REST when the transaction commits."""
    database.execute("NOTIFY pgrst, 'reload schema'")


def auth_schema_exists(database: Database) -> bool:
    return _truth(database, "SELECT to_regnamespace('auth') IS NOT NULL")


def find_data_directory(database: Database) -> str:
    row = database.execute("SHOW data_directory").fetchone()
    return str(row[0]) if row else ""


def database_exists(database: Database, *, name: str) -> bool:
    return _truth(database, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [name])


def create_database(database: Database, *, name: str) -> None:
    database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


class BlindCtype(NamedTuple):
    """A database whose character type knows only ASCII letters; `builtin` means that its order is Postgres's own."""

    ctype: str
    builtin: bool


def find_blind_ctype(database: Database, *, name: str) -> BlindCtype | None:
    with database.cursor(row_factory=class_row(BlindCtype)) as cursor:
        cursor.execute(
            "SELECT datctype AS ctype, datlocprovider = 'b' AS builtin FROM pg_database"
            " WHERE datname = %s AND datctype IN ('C', 'POSIX')",
            [name],
        )
        return cursor.fetchone()


def set_ctype(database: Database, *, ctype: str) -> None:
    """Set the character type of all databases of the server, templates too; it applies from the next connection on."""
    database.execute("UPDATE pg_database SET datctype = %s WHERE datctype IN ('C', 'POSIX')", [ctype])


def reindex(database: Database, *, name: str) -> None:
    database.execute(sql.SQL("REINDEX DATABASE {}").format(sql.Identifier(name)))


def trigrams_of(database: Database, *, word: str) -> int | None:
    """Count the trigrams that the server makes of the word; return None if it has no pg_trgm yet."""
    schema = database.execute(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'"
    ).fetchone()
    if schema is None:
        return None
    question = sql.SQL("SELECT cardinality({}.show_trgm(%s))").format(sql.Identifier(schema[0]))
    row = database.execute(question, [word]).fetchone()
    return int(row[0]) if row else None


def role_exists(database: Database, *, name: str) -> bool:
    return _truth(database, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [name])


def set_role_password(database: Database, *, name: str, password: str) -> None:
    """Set the password by its verifier, so that the password itself cannot reach the server's log."""
    verifier = database.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier))
    database.execute(statement)


def login_is_above_policies(database: Database) -> bool:
    """Return whether the role that logged in ignores row level security."""
    return _truth(database, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")


def login_may_become(database: Database, *, role: str) -> bool:
    return _truth(
        database,
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s AND pg_has_role(session_user, oid, 'MEMBER'))",
        {"role": role},
    )


def clock_offset_s(database: Database, *, now_s: float) -> float:
    """Return how many seconds the server's clock is ahead of ours."""
    row = database.execute("SELECT extract(epoch FROM clock_timestamp())::float8 - %s", [now_s]).fetchone()
    return float(row[0]) if row else 0.0


def explain(error: psycopg.Error) -> str:
    """Return the server's message, with where it was raised and its hint."""
    position = f" (character {error.diag.statement_position})" if error.diag.statement_position else ""
    context = f"; {error.diag.context}" if error.diag.context else ""
    hint = f"; {error.diag.message_hint}" if error.diag.message_hint else ""
    return f"{error.diag.message_primary or error}{position}{hint}{context}"


def _truth(database: Database, question: str, values: object = None) -> bool:
    row = database.execute(question, values).fetchone()  # type: ignore[call-overload]
    return bool(row and row[0])


def organizations_exist(database: Database) -> bool:
    return _truth(database, "SELECT to_regclass('public.organizations') IS NOT NULL")


def list_time_zones(database: Database) -> list[str]:
    """List the time zones in use, and the default of new organizations."""
    rows = database.execute("SELECT timezone FROM organizations UNION SELECT 'Africa/Cairo' ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def list_offsets(database: Database, *, zone: str, moments: list[datetime]) -> list[float] | None:
    """List the seconds ahead of UTC at each moment by the database; return None for a zone it does not know."""
    try:
        rows = database.execute(
            """
            SELECT extract(epoch FROM (moment AT TIME ZONE %(zone)s) - (moment AT TIME ZONE 'UTC'))::float8
            FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moments (moment, position)
            ORDER BY position
            """,
            {"zone": zone, "moments": moments},
        ).fetchall()
    except psycopg.errors.InvalidParameterValue:
        return None
    return [row[0] for row in rows]
