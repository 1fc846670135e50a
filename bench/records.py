"""Requests in a file for both load generators: the length of each on a line, then the request itself."""

from collections.abc import Iterable
from pathlib import Path

COUNTER = "@" * 12
"""The position in a request for a number that the load generator changes each time."""


def write(path: Path, requests: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))


def read(path: Path) -> list[bytes]:
    content = path.read_bytes()
    found: list[bytes] = []
    start = 0
    while start < len(content):
        end = content.index(b"\n", start)
        length = int(content[start:end])
        found.append(content[end + 1 : end + 1 + length])
        start = end + 1 + length
    return found
