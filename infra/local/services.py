"""Postgres and Valkey of one data directory, started together; what `nexus up` and the test suite stand on."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from infra import migrate, queries
from infra.local import secrets as secrets_file
from infra.local.errors import LauncherError
from infra.local.postgres import Postgres
from infra.local.secrets import Secrets
from infra.local.valkey import Valkey


@dataclass(frozen=True)
class Services:
    """Where the parts are. `admin_url` owns the schema; `database_url` is the login of functions."""

    admin_url: str = field(repr=False)
    database_url: str = field(repr=False)
    store_url: str = field(repr=False)
    secrets: Secrets

    def environment(self, base_url: str) -> dict[str, str]:
        """Every NEXUS_* setting a function needs."""
        return secrets_file.environment(
            self.secrets, database_url=self.database_url, store_url=self.store_url, base_url=base_url
        )


def prepare(directory: Path) -> Path:
    """The data directory, made with room for logs; its secrets are readable by their owner alone."""
    directory = directory.resolve()
    directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    return directory


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """One launcher for one data directory; the kernel lets go when that launcher dies, however it dies."""
    with (directory / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise LauncherError(
                f"Nexus already runs on {directory} (process {lock.read().strip() or 'unknown'}).",
                mend="Use it, or stop it with Ctrl-C or kill; a second one needs its own NEXUS_DATA_DIR and NEXUS_PORT.",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def give_authenticator_its_password(admin_url: str, secrets: Secrets) -> None:
    """The migrations make the role without one: a password does not belong into a file everybody has."""
    with psycopg.connect(admin_url, autocommit=True) as database:
        if queries.role_exists(database, name="authenticator"):
            queries.set_role_password(database, name="authenticator", password=secrets.authenticator_password)


@contextlib.contextmanager
def embedded_services(
    directory: Path,
    *,
    fast: bool = True,
    programs: Path | None = None,
    migrations: Path = migrate.MIGRATIONS,
) -> Iterator[Services]:
    """A throwaway Postgres and Valkey with the migrations applied, gone at the end of the block.

    `fast` gives up durability and removes the database's files; without it they stay for the next start.
    """
    directory = prepare(directory)
    secrets = secrets_file.load_or_make(directory / "secrets.json")
    logs = directory / "logs"
    postgres = Postgres(
        directory, password=secrets.postgres_password, log=logs / "postgres.log", programs=programs, fast=fast
    )
    valkey = Valkey(directory / "valkey", password=secrets.store_password, log=logs / "valkey.log", keeps=not fast)
    try:
        valkey.launch()
        postgres.launch()
        postgres.wait()
        services = Services(
            admin_url=postgres.url(),
            database_url=secrets.database_url(postgres.port),
            store_url=secrets.store_url(valkey.port),
            secrets=secrets,
        )
        migrate.migrate(services.admin_url, directory=migrations)
        give_authenticator_its_password(services.admin_url, secrets)
        valkey.wait()
        yield services
    finally:
        valkey.stop()
        postgres.stop()
        if fast:
            postgres.remove()
