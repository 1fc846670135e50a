"""Processes and ports of the operating system."""

import os
import random
import socket
import subprocess
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the ports that Linux and macOS use for outgoing connections, so that a stored port stays free.
QUIET_PORTS = range(20000, 32768)


def _ps(pid: int, column: str) -> str:
    answer = subprocess.run(["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def is_running(pid: int) -> bool:
    """Return whether the process runs; False for a zombie too: kill(pid, 0) finds it, and containers reap late or
    never.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs as another user
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except OSError:
        state = _ps(pid, "stat")
    return state[:1] not in {"", "Z", "X"}


def command_line(pid: int) -> str:
    """Return the command line; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return _ps(pid, "command")


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    if preferred is not None and port_is_free(preferred):
        return preferred
    candidates = random.sample(QUIET_PORTS, 50)
    return next(port for port in candidates if port_is_free(port))
