"""The cores for each process, and the memory of a process."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def server_cores() -> set[int]:
    return {cores()[0]}


def load_cores() -> set[int]:
    """Return another core than the server's, if there is one."""
    return {cores()[-1]}


@contextlib.contextmanager
def pinned(chosen: set[int] | None) -> Iterator[None]:
    """Run processes started in the block on these cores; None leaves them free."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, chosen or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def described() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    return f"{len(cores())} cores, {model}"


def processor_s(pid: int) -> float:
    """Return the processor seconds that the process has used, and its children that still have an entry in /proc."""
    used = _used(pid)
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            used += _used(int(path.name)) if int(_stat(int(path.name))[1]) == pid else 0
    return used


def _used(pid: int) -> float:
    fields = _stat(pid)
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold anything: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
