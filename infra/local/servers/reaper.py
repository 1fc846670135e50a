"""Removal of throwaway servers after the process that started them was killed, such as a test run."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

# The read ends when the pipe closes, and the pipe closes when its only writer ends, for whatever reason.
SCRIPT = """
directory=$1
shift
read -r _
kill -INT "$@" 2>/dev/null
for pid; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null && sleep 0.2; done
done
rm -rf -- "$directory"
"""


@contextlib.contextmanager
def reaping(directory: Path, pids: Sequence[int]) -> Iterator[None]:
    """Stop the servers and remove the directory if this process dies within the block."""
    arguments = ["/bin/sh", "-c", SCRIPT, "reaper", str(directory), *map(str, pids)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, cwd="/", start_new_session=True) as watcher:
        try:
            yield
        finally:
            watcher.kill()
