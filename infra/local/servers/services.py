"""Postgres and Valkey of one data directory, started together, for `nexus up` and the tests."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from infra import migrate, queries
from infra.local import secrets as secrets_file
from infra.local.errors import LauncherError
from infra.local.secrets import Secrets
from infra.local.servers import reaper
from infra.local.servers.postgres import Postgres
from infra.local.servers.valkey import Valkey
from infra.local.settings import LocalSettings


class AlreadyRunningError(LauncherError):
    """Another launcher holds the data directory."""


@dataclass(frozen=True)
class Services:
    """The addresses of the parts. `admin_url` owns the schema; `database_url` is the login of functions."""

    admin_url: str = field(repr=False)
    database_url: str = field(repr=False)
    store_url: str = field(repr=False)
    blob_url: str
    mail_url: str = field(repr=False)
    """A directory, unless the settings name a mail server."""
    secrets: Secrets

    def environment(self, base_url: str) -> dict[str, str]:
        """Return every NEXUS_* setting that a function needs."""
        return secrets_file.environment(
            self.secrets,
            database_url=self.database_url,
            store_url=self.store_url,
            blob_url=self.blob_url,
            mail_url=self.mail_url,
            base_url=base_url,
        )


def prepare(directory: Path) -> Path:
    """Make the data directory, with a directory for logs; its secrets are readable only by their owner."""
    directory = directory.resolve()
    directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise LauncherError(
            f"The data directory {directory} is not yours.",
            mend=f"Give it to yourself (sudo chown -R $(id -u) {directory}) or set NEXUS_DATA_DIR to another one.",
        )
    (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    return directory


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Lock the data directory for one launcher; the kernel releases the lock when that launcher dies."""
    with (directory / "launcher.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunningError(
                f"Nexus already runs on {directory} (process {lock.read().strip() or 'unknown'}).",
                mend="Use it, or stop it with Ctrl-C or kill; a second one needs a NEXUS_DATA_DIR and NEXUS_PORT.",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


class Parts:
    """The embedded servers of a data directory; a part whose URL is given belongs to others and stays untouched."""

    def __init__(self, directory: Path, settings: LocalSettings, *, fast: bool = False) -> None:
        self.directory = directory
        self.secrets = secrets_file.load_or_make(directory / "secrets.json")
        self._settings = settings
        logs = directory / "logs"
        self.postgres = None if settings.database_url else Postgres(
            directory, password=self.secrets.postgres_password, log=logs / "postgres.log",
            programs=settings.pg_bin, fast=fast, preferred_port=None if fast else settings.port + 1,
        )  # fmt: skip
        self.valkey = None if settings.store_url else Valkey(
            directory / "valkey", password=self.secrets.store_password, log=logs / "valkey.log",
            keeps=not fast, preferred_port=None if fast else settings.port + 2,
        )  # fmt: skip

    @property
    def services(self) -> Services:
        """The addresses; correct after the start, which may replace a port that was taken."""
        settings, secrets = self._settings, self.secrets
        if self.postgres:
            admin_url, database_url = self.postgres.url(), secrets.database_url(self.postgres.port)
        else:
            database_url = settings.database_url.get_secret_value() if settings.database_url else ""
            admin_url = settings.admin_database_url.get_secret_value() if settings.admin_database_url else database_url
        given_store = settings.store_url.get_secret_value() if settings.store_url else ""
        store_url = secrets.store_url(self.valkey.port) if self.valkey else given_store
        return Services(
            admin_url=admin_url,
            database_url=database_url,
            store_url=store_url,
            blob_url=(self.directory / "media").as_uri(),
            mail_url=settings.mail_url.get_secret_value() if settings.mail_url else (self.directory / "mail").as_uri(),
            secrets=secrets,
        )

    def launch(self) -> None:
        for part in self._parts():
            part.launch()

    def wait(self) -> None:
        for part in self._parts():
            part.wait()

    def attach(self) -> None:
        """Use the servers of another launcher."""
        for part in self._parts():
            if not part.attach():
                raise LauncherError(
                    f"{type(part).__name__} of the running launcher does not answer.",
                    mend=f"Wait a moment; if it stays so, stop the launcher and look into {self.directory / 'logs'}.",
                )

    def revive(self) -> list[str]:
        """Start parts that have died, and return their names."""
        dead = [part for part in self._parts() if not part.is_alive()]
        for part in dead:
            part.launch()
            part.wait()
        return [type(part).__name__ for part in dead]

    def stop(self) -> None:
        for part in self._parts():
            part.stop()

    def remove(self) -> None:
        if self.postgres:
            self.postgres.remove()

    def outlived(self) -> contextlib.AbstractContextManager[None]:
        """Stop throwaway servers even when this process is killed within the block."""
        pids = [part.pid for part in self._parts() if part.pid]
        return reaper.reaping(self.postgres.files if self.postgres else self.directory, pids)

    def migrate(
        self, *, schema: Path = migrate.DIRECTORY, platform: migrate.Platform = "auto",
        on_applied: Callable[[str], None] = lambda _: None,
    ) -> migrate.MigrationReport:  # fmt: skip
        """Bring the schema up to date, and let the functions log in to the embedded database."""
        services = self.services
        report = migrate.migrate(services.admin_url, directory=schema, platform=platform, on_applied=on_applied)
        if self.postgres:
            _give_authenticator_its_password(services)
        return report

    def _parts(self) -> list[Postgres | Valkey]:
        return [part for part in (self.valkey, self.postgres) if part]


def _give_authenticator_its_password(services: Services) -> None:
    """Set the role's password, which the migrations do not: they are public."""
    with psycopg.connect(services.admin_url, autocommit=True) as database:
        if queries.role_exists(database, name="authenticator"):
            password = services.secrets.authenticator_password
            queries.set_role_password(database, name="authenticator", password=password)


@contextlib.contextmanager
def running_parts(settings: LocalSettings) -> Iterator[Parts]:
    """Use a running launcher's parts for one command, or start and stop them."""
    directory = prepare(settings.data_dir)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive(directory))
        except AlreadyRunningError:
            parts = Parts(directory, settings)
            parts.attach()
        else:
            parts = Parts(directory, settings)
            stack.callback(parts.stop)
            parts.launch()
        parts.wait()
        yield parts


@contextlib.contextmanager
def embedded_services(
    directory: Path, *, fast: bool = True, programs: Path | None = None, schema: Path = migrate.DIRECTORY
) -> Iterator[Services]:
    """Start a Postgres and a Valkey with all migrations, until the end of the block; read no settings.

    `fast` gives up durability and removes the database's files; without it they stay for the next start.
    """
    settings = LocalSettings.model_construct(pg_bin=programs)
    parts = Parts(prepare(directory), settings, fast=fast)
    try:
        parts.launch()
        parts.wait()
        with parts.outlived() if fast else contextlib.nullcontext():
            parts.migrate(schema=schema)
            yield parts.services
    finally:
        parts.stop()
        if fast:
            parts.remove()


def attached_services(directory: Path) -> Services:
    """Return the servers that another process runs on the directory, and leave them running."""
    parts = Parts(directory, LocalSettings.model_construct())
    parts.attach()
    return parts.services
