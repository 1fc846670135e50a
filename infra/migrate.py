"""Applies the SQL files of infra/migrations: forward only, each once, each in a transaction of its own."""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import errors

from infra import queries
from infra.queries import AppliedMigration, Database

MIGRATIONS = Path(__file__).parent / "migrations"
SETS = ("platform", "nexus")
OLDEST_SERVER, AFTER_NEWEST_SERVER = 150000, 190000
LOCK_TIMEOUT_MS = 2000
"""No migration holds up the live system longer than this; it is tried again instead."""
LOCK_ATTEMPTS = 5

Platform = Literal["auto", "yes", "no"]


class MigrationError(Exception):
    """Nothing of the file that failed was kept; what was applied before it was."""


@dataclass(frozen=True)
class Migration:
    """One SQL file."""

    migration_set: str
    number: int
    name: str
    text: bytes

    @property
    def label(self) -> str:
        return f"{self.migration_set}/{self.name}"

    def row(self) -> AppliedMigration:
        checksum = hashlib.sha256(self.text.replace(b"\r\n", b"\n")).hexdigest()
        return AppliedMigration(self.migration_set, self.number, self.name, checksum)


@dataclass
class MigrationReport:
    """`unknown` are applied migrations of a newer version of the code: older code goes on working on them."""

    applied: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    with_platform: bool = True


def read_migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """In the order in which they apply."""
    return [migration for name in SETS for migration in _read_set(directory / name)]


def migrate(
    admin_url: str,
    *,
    directory: Path = MIGRATIONS,
    platform: Platform = "auto",
    on_applied: Callable[[str], None] = lambda _: None,
) -> MigrationReport:
    """Bring the database up to date; several at once do the work once, in order.

    `platform` auto leaves out the platform set where a managed platform brought the `auth` schema.
    """
    migrations = read_migrations(directory)
    report = MigrationReport()
    with psycopg.connect(admin_url, autocommit=True, application_name="nexus migrate") as database:
        _check_server(database)
        with _owner_expected(), database.transaction():
            queries.lock_migrations(database)
            if not queries.migrations_table_exists(database):
                queries.create_migrations_table(database)
            report.with_platform = _wants_platform(database, platform)
        wanted = [one for one in migrations if report.with_platform or one.migration_set != "platform"]
        for migration in wanted:
            if _apply(database, migration, wanted):
                report.applied.append(migration.label)
                on_applied(migration.label)
        report.unknown = _unknown(queries.list_migrations(database), migrations)
    return report


def status(admin_url: str, *, directory: Path = MIGRATIONS, platform: Platform = "auto") -> MigrationReport:
    """What `migrate` would do; changes nothing. Raises MigrationError where it would."""
    migrations = read_migrations(directory)
    report = MigrationReport()
    with psycopg.connect(admin_url, autocommit=True, application_name="nexus migrate") as database:
        _check_server(database)
        with _owner_expected():
            applied = queries.list_migrations(database) if queries.migrations_table_exists(database) else []
            report.with_platform = _wants_platform(database, platform)
    wanted = [one for one in migrations if report.with_platform or one.migration_set != "platform"]
    for migration in wanted:
        label = migration.label
        (report.applied if _is_applied(migration, wanted, applied) else report.pending).append(label)
    report.unknown = _unknown(applied, migrations)
    return report


def _read_set(directory: Path) -> Iterator[Migration]:
    seen: dict[int, str] = {}
    for path in sorted(directory.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", path.name)
        if not match:
            raise MigrationError(f"{path} is not named NNNN_subject.sql: rename it")
        number = int(match[1])
        if number in seen:
            raise MigrationError(f"{seen[number]} and {path.name} have the same number: renumber the newer one")
        seen[number] = path.name
        yield Migration(directory.name, number, path.stem, path.read_bytes())


def _check_server(database: Database) -> None:
    version = database.info.server_version
    if not OLDEST_SERVER <= version < AFTER_NEWEST_SERVER:
        raise MigrationError(f"this is Postgres {version // 10000}; Nexus runs on 15 to 18")


@contextlib.contextmanager
def _owner_expected() -> Iterator[None]:
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise MigrationError(
            f"this login does not own the schema ({error.diag.message_primary}): "
            "set NEXUS_ADMIN_DATABASE_URL to one that does"
        ) from error


def _wants_platform(database: Database, platform: Platform) -> bool:
    if platform != "auto":
        return platform == "yes"
    if not queries.auth_schema_exists(database):
        return True
    if not queries.migrations_table_exists(database):
        return False
    return any(row.migration_set == "platform" for row in queries.list_migrations(database))


def _is_applied(migration: Migration, wanted: list[Migration], applied: list[AppliedMigration]) -> bool:
    row = migration.row()
    of_set = {one.number: one for one in applied if one.migration_set == migration.migration_set}
    if migration.number in of_set:
        if of_set[migration.number].checksum != row.checksum:
            raise MigrationError(
                f"{migration.label}.sql was changed after it was applied: restore it and put the change into a new file"
            )
        return True
    ours = {one.number for one in wanted if one.migration_set == migration.migration_set}
    later = max((number for number in of_set if number in ours), default=-1)
    if later > migration.number:
        raise MigrationError(
            f"{migration.label}.sql comes before {of_set[later].name}, which is already applied: give it a new number"
        )
    return False


def _apply(database: Database, migration: Migration, wanted: list[Migration]) -> bool:
    """False when it had been applied before, be it a moment ago by somebody else."""
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            return _apply_once(database, migration, wanted)
        except errors.LockNotAvailable as error:
            if attempt == LOCK_ATTEMPTS:
                raise MigrationError(
                    f"{migration.label}.sql did not get its locks within {LOCK_TIMEOUT_MS} ms, {attempt} times: "
                    "look for a long transaction in pg_stat_activity and run it again"
                ) from error
            time.sleep(0.2 * 2**attempt)
        except psycopg.Error as error:
            raise MigrationError(f"{migration.label}.sql failed, nothing of it was kept: {_explain(error)}") from error
    raise AssertionError


def _apply_once(database: Database, migration: Migration, wanted: list[Migration]) -> bool:
    with database.transaction():
        queries.lock_migrations(database)
        if _is_applied(migration, wanted, queries.list_migrations(database)):
            return False
        queries.set_lock_timeout(database, milliseconds=LOCK_TIMEOUT_MS)
        started = time.monotonic()
        database.execute(migration.text)
        duration_ms = round((time.monotonic() - started) * 1000)
        queries.insert_migration(database, migration.row(), duration_ms=duration_ms)
        queries.tell_schema_changed(database)
    return True


def _explain(error: psycopg.Error) -> str:
    place = f" (character {error.diag.statement_position})" if error.diag.statement_position else ""
    context = f"; {error.diag.context}" if error.diag.context else ""
    hint = f"; {error.diag.message_hint}" if error.diag.message_hint else ""
    return f"{error.diag.message_primary or error}{place}{hint}{context}"


def _unknown(applied: list[AppliedMigration], migrations: list[Migration]) -> list[str]:
    known = {(one.migration_set, one.number) for one in migrations}
    return [f"{one.migration_set}/{one.name}" for one in applied if (one.migration_set, one.number) not in known]
