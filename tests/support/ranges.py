"""What every surface that serves files answers to `Range`, of a file of ten bytes (RFC 9110, section 14)."""

from typing import NamedTuple

import httpx

TEN = b"0123456789"
MANY = "9" * 5000


class Case(NamedTuple):
    asked: str
    status: int
    told: str | None
    content: bytes | None


def _part(asked: str, first: int, last: int) -> Case:
    return Case(asked, 206, f"bytes {first}-{last}/10", TEN[first : last + 1])


PARTS = [
    _part("bytes=0-3", 0, 3),
    _part("bytes=0-0", 0, 0),
    _part("bytes=9-9", 9, 9),
    _part("bytes=4-", 4, 9),
    _part("bytes=-2", 8, 9),
    _part("bytes=8-99", 8, 9),
    _part("bytes=-99", 0, 9),
    _part("bytes=-10", 0, 9),
    _part("Bytes=0-3", 0, 3),
    _part("bytes=, 0-3 ,", 0, 3),
    _part("bytes=0003-00000000000000000000000004", 3, 4),
    _part(f"bytes=1-{MANY}", 1, 9),
    _part(f"bytes=-{MANY}", 0, 9),
]
BEYOND = [
    Case(asked, 416, "bytes */10", None)
    for asked in ("bytes=10-", "bytes=10-12", "bytes=-0", f"bytes={MANY}-", f"bytes={MANY}-{MANY}")
]
WHOLE = [
    Case(asked, 200, None, TEN)
    for asked in (
        "bytes=9-3",
        "bytes=5-2",
        f"bytes={MANY}-3",
        "bytes=-",
        "bytes=",
        "bytes",
        "",
        "bytes=5-2x",
        "bytes=0x1-2",
        "bytes=--2",
        "bytes=-1-2",
        "bytes=1.5-2",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes =1-2",
        "bytes=0-1,3-4",
        "bytes=0-1,x",
        "bytes=50-60,70-80",
        "items=0-1",
        "0-1",
    )
]
CASES = [*PARTS, *BEYOND, *WHOLE]


def check(answer: httpx.Response, case: Case) -> None:
    assert (answer.status_code, answer.headers.get("content-range")) == (case.status, case.told)
    if case.content is not None:
        assert (answer.content, answer.headers["content-length"]) == (case.content, str(len(case.content)))
        assert answer.headers["accept-ranges"] == "bytes"


def named(case: Case) -> str:
    return case.asked[:24] or "nothing"
