"""Migrations of infra/migrations (forward only, each file once), then the changed routines of infra/schema."""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import errors

from infra import queries, routines
from infra.queries import AppliedMigration, Database
from infra.routines import Routine

DIRECTORY = Path(__file__).parent
"""Contains the folder `migrations`, and in `schema` the routines."""
MIGRATIONS = DIRECTORY / "migrations"
SETS = ("platform", "nexus")
OLDEST_SERVER, AFTER_NEWEST_SERVER = 150000, 190000
FIRST_TIME = 10**11
"""Numbers from here on are times (YYYYMMDDHHMM): such a file applies also after later ones, from another branch."""
LOCK_TIMEOUT_MS = 2000
"""The longest that a migration may hold up the live system; then it is tried again."""
LOCK_ATTEMPTS = 5

Platform = Literal["auto", "yes", "no"]


class MigrationError(Exception):
    """Nothing of the failed file was kept; files applied before it were."""


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
    """The result; `unknown` are migrations of newer code that are applied already: older code still works on them."""

    applied: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    routines: list[str] = field(default_factory=list)
    """The changed routines; in `status`, those that would change."""
    unknown: list[str] = field(default_factory=list)
    with_platform: bool = True


@dataclass(frozen=True)
class Schema:
    """The files that apply to one database."""

    migrations: Sequence[Migration]
    routines: Sequence[Routine]


def read_migrations(directory: Path = DIRECTORY) -> list[Migration]:
    """Return the migrations in the order in which they apply."""
    return [migration for name in SETS for migration in _read_set(directory / "migrations" / name)]


def migrate(
    admin_url: str,
    *,
    directory: Path = DIRECTORY,
    platform: Platform = "auto",
    on_applied: Callable[[str], None] = lambda _: None,
) -> MigrationReport:
    """Bring the database up to date; when several run at once, the work is done once, in order.

    `platform` auto leaves out the platform set if a managed platform brought the `auth` schema. The last migration and
    the routines share one transaction. In a database of a newer version, its routines stay.
    """
    migrations = read_migrations(directory)
    report = MigrationReport()
    with psycopg.connect(admin_url, autocommit=True, application_name="nexus migrate") as database:
        _check_server(database)
        with _owner_expected(), database.transaction():
            queries.lock_migrations(database)
            if not queries.bookkeeping_exists(database):
                queries.create_bookkeeping(database)
            report.with_platform = _wants_platform(database, platform)
        report.unknown = _unknown(queries.list_migrations(database), migrations)
        schema = _wanted(migrations, directory, report)
        for migration in schema.migrations:
            if _retried(f"{migration.label}.sql", partial(_apply, database, migration, schema, report)):
                report.applied.append(migration.label)
                on_applied(migration.label)
        _retried("infra/schema", partial(_apply_routines, database, schema, report))
    return report


def status(admin_url: str, *, directory: Path = DIRECTORY, platform: Platform = "auto") -> MigrationReport:
    """Return what `migrate` would do, and change nothing.

    Raises:
        MigrationError: if `migrate` would.
    """
    migrations = read_migrations(directory)
    report = MigrationReport()
    with psycopg.connect(admin_url, autocommit=True, application_name="nexus migrate") as database:
        _check_server(database)
        with _owner_expected():
            applied = queries.list_migrations(database) if queries.migrations_table_exists(database) else []
            report.with_platform = _wants_platform(database, platform)
            report.unknown = _unknown(applied, migrations)
            schema = _wanted(migrations, directory, report)
            report.routines = [routine.name for routine in routines.changed(database, schema.routines)]
    for migration in schema.migrations:
        label = migration.label
        (report.applied if _is_applied(migration, schema, applied) else report.pending).append(label)
    return report


def _wanted(migrations: Sequence[Migration], directory: Path, report: MigrationReport) -> Schema:
    sets = SETS if report.with_platform else ("nexus",)
    files = [] if report.unknown else routines.read_routines(directory / "schema")
    return Schema(
        [migration for migration in migrations if migration.migration_set in sets],
        [routine for routine in files if routine.migration_set in sets],
    )


def _read_set(directory: Path) -> Iterator[Migration]:
    seen: dict[int, str] = {}
    for path in sorted(directory.glob("*.sql")):
        match = re.fullmatch(r"(\d{4}|\d{12})_[a-z0-9_]+\.sql", path.name)
        if not match:
            raise MigrationError(f"{path} is not named YYYYMMDDHHMM_subject.sql: rename it")
        number = int(match[1])
        if number in seen:
            raise MigrationError(f"{seen[number]} and {path.name} have the same number: rename the newer one")
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


def _is_applied(migration: Migration, schema: Schema, applied: list[AppliedMigration]) -> bool:
    row = migration.row()
    of_set = {one.number: one for one in applied if one.migration_set == migration.migration_set}
    if migration.number in of_set:
        if of_set[migration.number].checksum != row.checksum:
            raise MigrationError(
                f"{migration.label}.sql was changed after it was applied: restore it and put the change into a new file"
            )
        return True
    if migration.number >= FIRST_TIME:
        return False
    ours = {one.number for one in schema.migrations if one.migration_set == migration.migration_set}
    later = max((number for number in of_set if number in ours), default=-1)
    if later > migration.number:
        raise MigrationError(
            f"{migration.label}.sql comes before {of_set[later].name}, which is already applied: name it by the time"
        )
    return False


def _retried(label: str, step: Callable[[], bool]) -> bool:
    """Run one transaction, and try again while it does not get its locks."""
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        try:
            return step()
        except errors.LockNotAvailable as error:
            if attempt == LOCK_ATTEMPTS:
                raise MigrationError(
                    f"{label} did not get its locks within {LOCK_TIMEOUT_MS} ms, {attempt} times: "
                    "look for a long transaction in pg_stat_activity and run it again"
                ) from error
            time.sleep(0.2 * 2**attempt)
        except psycopg.Error as error:
            raise MigrationError(f"{label} failed, nothing of it was kept: {queries.explain(error)}") from error
        except routines.RoutineError as error:
            raise MigrationError(str(error)) from error
    raise AssertionError


def _apply(database: Database, migration: Migration, schema: Schema, report: MigrationReport) -> bool:
    """Apply the migration; return False if it is applied already, even by another process a moment ago."""
    with database.transaction():
        queries.lock_migrations(database)
        row = migration.row()
        beside = queries.list_migrations_from(database, migration_set=row.migration_set, number=row.number)
        if _is_applied(migration, schema, beside):
            return False
        queries.set_lock_timeout(database, milliseconds=LOCK_TIMEOUT_MS)
        started = time.monotonic()
        database.execute(migration.text)
        duration_ms = round((time.monotonic() - started) * 1000)
        queries.insert_migration(database, row, duration_ms=duration_ms)
        queries.tell_schema_changed(database)
        if migration is schema.migrations[-1]:
            changed = routines.apply(database, schema.routines, everything=True)
            report.routines = [routine.name for routine in changed]
    return True


def _apply_routines(database: Database, schema: Schema, report: MigrationReport) -> bool:
    """Apply routines that the last migration did not."""
    with database.transaction():
        queries.lock_migrations(database)
        queries.set_lock_timeout(database, milliseconds=LOCK_TIMEOUT_MS)
        changed = routines.apply(database, schema.routines, everything=False)
        report.routines += [routine.name for routine in changed]
    return bool(changed)


def _unknown(applied: list[AppliedMigration], migrations: list[Migration]) -> list[str]:
    known = {(one.migration_set, one.number) for one in migrations}
    return [f"{one.migration_set}/{one.name}" for one in applied if (one.migration_set, one.number) not in known]
