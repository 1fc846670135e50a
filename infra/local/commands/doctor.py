"""`nexus doctor`: problems of this machine or this data directory, and how to fix them."""

import json
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import psycopg

from infra import migrate, queries
from infra.local.errors import LauncherError
from infra.local.process import LOOPBACK, port_is_free
from infra.local.servers import postgres, time_zones, valkey
from infra.local.servers.services import AlreadyRunningError, Parts, exclusive, running_parts
from infra.local.settings import LocalSettings

OLDEST_PYTHON = (3, 11)
FREE_BYTES = 500_000_000
CLOCK_TOLERANCE_S = 5.0
TIME_ZONES_MEND = "Update the older of the two: the database server's time zone files, or this version of Nexus."
ROLES = ("anon", "authenticated", "service_role", "supabase_auth_admin")


class Verdict(StrEnum):
    """`warning` works, `wrong` does not."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """`mend` is empty when there is nothing to do."""

    subject: str
    verdict: Verdict
    message: str
    mend: str = ""


def examine(settings: LocalSettings) -> list[Finding]:
    """Examine everything; start the embedded parts for a moment if no launcher runs them, and change nothing else."""
    return [*_machine(settings), *_data_directory(settings), *_servers(settings)]


def _finding(subject: str, wrong: str | None, *, fine: str, mend: str, verdict: Verdict = Verdict.WRONG) -> Finding:
    return Finding(subject, Verdict.FINE, fine) if wrong is None else Finding(subject, verdict, wrong, mend)


def _attempt(subject: str, question: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, Verdict.FINE, question())
    except LauncherError as error:
        return Finding(subject, Verdict.WRONG, error.message, error.mend)


def _machine(settings: LocalSettings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield _finding(
        "python",
        f"This is Python {version}." if sys.version_info < OLDEST_PYTHON else None,
        fine=f"Python {version}",
        mend="Install Python 3.11 or newer, then run `make clean up`.",
    )
    if settings.database_url is None:
        yield _attempt("postgres programs", lambda: _postgres_programs(settings))
    if settings.store_url is None:
        yield _attempt("valkey program", lambda: str(valkey.server_program()))


def _postgres_programs(settings: LocalSettings) -> str:
    programs = postgres.find_programs(settings.pg_bin)
    return f"Postgres {postgres.programs_version(programs)} in {programs}"


def _data_directory(settings: LocalSettings) -> Iterator[Finding]:
    directory = settings.data_dir.resolve()
    if not directory.exists():
        yield Finding("data directory", Verdict.FINE, f"{directory} will be created by the first start")
        yield _port(settings, running=False)
        return
    running = _is_running(settings)
    yield _port(settings, running=running)
    secrets = directory / "secrets.json"
    exposed = secrets.exists() and stat.S_IMODE(secrets.stat().st_mode) & 0o077
    yield _finding(
        "secrets",
        f"Other users can read {secrets}." if exposed else None,
        fine="readable only by their owner" if secrets.exists() else "will be created by the first start",
        mend=f"chmod 600 {secrets}",
    )
    free = shutil.disk_usage(directory).free
    yield _finding(
        "disk",
        f"Only {free // 1_000_000} MB are free in {directory}." if free < FREE_BYTES else None,
        fine=f"{free // 1_000_000} MB free",
        mend="Free some space, or set NEXUS_DATA_DIR to another disk.",
        verdict=Verdict.WARNING,
    )


def _is_running(settings: LocalSettings) -> bool:
    try:
        with exclusive(settings.data_dir.resolve()):
            return False
    except AlreadyRunningError:
        return True


def _port(settings: LocalSettings, *, running: bool) -> Finding:
    if running:
        return Finding("port", Verdict.FINE, f"Nexus runs on this data directory, by default on {settings.port}")
    taken = not port_is_free(settings.port)
    return _finding(
        "port",
        f"Port {settings.port} on {LOOPBACK} is taken by another program." if taken else None,
        fine=f"{settings.port} is free",
        mend=f"Stop it (`lsof -i :{settings.port}` names it) or set NEXUS_PORT to another one.",
    )


def _servers(settings: LocalSettings) -> Iterator[Finding]:
    managed = settings.database_url is not None and settings.store_url is not None
    if not (settings.data_dir.resolve() / "secrets.json").exists() and not managed:
        yield Finding("database", Verdict.FINE, "will be created by the first start: `make up`")
        return
    try:
        with running_parts(settings) as parts:
            yield _store(parts)
            yield from _database(parts)
    except LauncherError as error:
        yield Finding("start", Verdict.WRONG, error.message, error.mend)


def _store(parts: Parts) -> Finding:
    import valkey as client  # noqa: PLC0415  90 ms that no other command pays

    try:
        with client.Valkey.from_url(parts.services.store_url, socket_timeout=2, socket_connect_timeout=2) as store:
            store.ping()
    except client.ValkeyError as error:
        return Finding("store", Verdict.WRONG, f"The store does not answer: {error}.", "Check NEXUS_STORE_URL.")
    return Finding("store", Verdict.FINE, "answers")


def _database(parts: Parts) -> Iterator[Finding]:
    services = parts.services
    try:
        yield _migrations(services.admin_url)
        with psycopg.connect(services.admin_url, connect_timeout=5, autocommit=True) as owner:
            yield _letters(owner)
            yield from _time_zones(owner)
        with psycopg.connect(services.database_url, connect_timeout=5, autocommit=True) as login:
            yield _clock(login)
            yield _policies_hold(login)
            yield _roles(login)
    except psycopg.OperationalError as error:
        mend = "Check NEXUS_DATABASE_URL and NEXUS_ADMIN_DATABASE_URL; then run `nexus migrate`."
        yield Finding("database", Verdict.WRONG, f"The database refuses: {error}".strip(), mend)


def _migrations(admin_url: str) -> Finding:
    try:
        report = migrate.status(admin_url)
    except migrate.MigrationError as error:
        return Finding("migrations", Verdict.WRONG, str(error), "Restore infra/migrations, then run `nexus migrate`.")
    problem = None
    if report.pending:
        problem = f"{len(report.pending)} are not applied, first {report.pending[0]}."
    elif report.routines:
        problem = f"{len(report.routines)} routines differ from this version, first {report.routines[0]}."
    return _finding(
        "migrations",
        problem,
        fine=f"{len(report.applied)} applied, none pending",
        mend="Run `nexus migrate`.",
    )


def _letters(owner: queries.Database) -> Finding:
    trigrams = queries.trigrams_of(owner, word="محمد")
    return _finding(
        "letters",
        "The database does not know Arabic letters (LC_CTYPE C): names are found, but ranked wrong."
        if trigrams == 0
        else None,
        fine="the database knows the letters of every script",
        mend="Dump it, create it again with `createdb --template=template0 --lc-ctype=C.UTF-8`, and restore the dump.",
    )


def _time_zones(owner: queries.Database) -> Iterator[Finding]:
    if not queries.organizations_exist(owner):
        return  # Nothing counts days yet.
    differing = time_zones.disagreements(owner)
    yield _finding(
        "time zones",
        f"The database and tzdata disagree within the coming year: {', '.join(differing)}." if differing else None,
        fine="the database and tzdata agree for the coming year",
        mend=TIME_ZONES_MEND,
    )


def _clock(login: queries.Database) -> Finding:
    offset = queries.clock_offset_s(login, now_s=time.time())
    return _finding(
        "clock",
        f"The database's clock differs from ours by {offset:.1f} s." if abs(offset) > CLOCK_TOLERANCE_S else None,
        fine="agrees with the database's",
        mend="Set both clocks by NTP: tokens have a limited life.",
    )


def _policies_hold(login: queries.Database) -> Finding:
    above = queries.login_is_above_policies(login)
    return _finding(
        "row level security",
        "The functions log in as a role that ignores row level security." if above else None,
        fine="applies to the functions' login",
        mend="Let NEXUS_DATABASE_URL log in as `authenticator`, NEXUS_ADMIN_DATABASE_URL as the owner.",
        verdict=Verdict.WARNING,
    )


def _roles(login: queries.Database) -> Finding:
    missing = [role for role in ROLES if not queries.login_may_become(login, role=role)]
    return _finding(
        "roles",
        f"The functions' login may not become {', '.join(missing)}." if missing else None,
        fine="the functions' login may become all of them",
        mend="As the owner: GRANT the role TO the login; `nexus migrate --platform yes` creates them all.",
    )


def as_json(findings: list[Finding]) -> str:
    return json.dumps([finding.__dict__ for finding in findings], indent=2)
