"""JSON from outside, read without trust: a member has the requested type, or counts as absent."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

_SURROGATES = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile("-?[0-9]+")
_SECONDS_END = 100_000_000_000
"""The first number that counts as milliseconds; in seconds it would be the year 5138."""
_MICROSECONDS_START = 100_000_000_000_000
_LATEST_S = 4_102_444_800
_LONGEST_ID_BITS = 256
_LONGEST_NUMBER = 18
_MAX_DEPTH = 24
"""The allowed depth of brackets; a deeper value is read as null, so that the values beside it stay readable."""
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_MOST_REAL = 1e300
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1
MOST_ID = 512
"""The most characters of a message's id; a longer id counts as absent."""
MOST_PERSON_ID = 254
_MOST_KEY_BYTES = 500
MOST_WORD = 64
MOST_LINE = 1000
Read = TypeVar("Read")


def decode(raw: bytes) -> Any:
    """Return the value, or None for bytes that are not JSON.

    A text that is cut within an emoji is not valid JSON, but still a message: the slower parser accepts it, and half
    an emoji becomes a replacement character.
    """
    raw = _shallow(raw)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _shallow(raw: bytes) -> bytes:
    """Return the document with null in place of values that are nested deeper than any provider's."""
    if raw.count(b"[") + raw.count(b"{") <= _MAX_DEPTH:
        return raw
    parts: list[bytes] = []
    depth = cut_from = copied = 0
    for token in _TOKENS.finditer(raw):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == _MAX_DEPTH + 1:
                cut_from = token.start()
        elif token[0] in (b"]", b"}"):
            if depth == _MAX_DEPTH + 1:
                parts += [raw[copied:cut_from], b"null"]
                copied = token.end()
            depth -= 1
    return b"".join([*parts, raw[copied:]])


def read_or_else(read: Callable[[], Iterable[Read]], fallback: Callable[[], Read]) -> list[Read]:
    """Return what `read` gives for an item; if it fails on unexpected content, return the fallback alone."""
    try:
        return list(read())
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return [fallback()]


def bounded_key(text: str) -> str:
    """Return a key that is equal for equal texts, and short enough for an index."""
    raw = text.encode()
    if len(raw) <= _MOST_KEY_BYTES:
        return text
    return f"{raw[: _MOST_KEY_BYTES - 40].decode(errors='ignore')}:{hashlib.sha256(raw).hexdigest()[:32]}"


def digest(value: Any) -> str:
    """Return a hash that is equal for equal JSON in any order of members."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def clean(text: str) -> str:
    """Return the text without what a database refuses: NUL and unpaired surrogates."""
    return _SURROGATES.sub("\ufffd", text.replace("\x00", ""))


def plain(value: Any) -> Any:
    """Return the JSON value with all its texts clean, and numbers that are out of range as text or null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(name)): plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, float) and not abs(value) <= _MOST_REAL:
        return str(value)
    if isinstance(value, int) and not _LEAST_INTEGER <= value <= _MOST_INTEGER:
        return str(value) if value.bit_length() <= _LONGEST_ID_BITS else None
    return value


def payload(value: Any) -> dict[str, Any]:
    """Return the value as `plain` does, wrapped into an object unless it is one."""
    clean_value = plain(value)
    return clean_value if isinstance(clean_value, dict) else {"value": clean_value}


class Wire:
    """A value of a document; a member that is missing or of another type is read as empty."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def at(self, *names: str) -> "Wire":
        found = self.value
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return Wire(found)

    def elements(self, name: str) -> Iterator["Wire"]:
        found = self.at(name).value
        return (Wire(element) for element in found) if isinstance(found, list) else iter(())

    def text(self, *names: str) -> str | None:
        """Return a text or a number as text, because ids come in both forms; None for empty text."""
        found = self.at(*names).value
        if isinstance(found, str):
            return clean(found) or None
        if isinstance(found, bool) or (isinstance(found, int) and found.bit_length() > _LONGEST_ID_BITS):
            return None
        return str(found) if isinstance(found, int | float) else None

    def id(self, *names: str, most: int = MOST_ID) -> str | None:
        """Return the id; None for a longer one, because a cut id could be another's."""
        found = self.text(*names)
        return found if found and len(found) <= most else None

    def word(self, *names: str, most: int = MOST_WORD) -> str | None:
        """Return the beginning of the text."""
        found = self.text(*names)
        return found[:most] if found else None

    def number(self, *names: str) -> int | None:
        text = self.text(*names)
        return int(text) if text and len(text) <= _LONGEST_NUMBER and _INTEGER.fullmatch(text) else None

    def real(self, *names: str) -> float | None:
        try:
            return float(self.text(*names) or "")
        except ValueError:
            return None

    def flag(self, *names: str) -> bool:
        return self.at(*names).value is True

    def truth(self, *names: str) -> bool | None:
        found = self.at(*names).value
        return found if isinstance(found, bool) else None

    def moment(self, *names: str) -> datetime | None:
        """Return the time of seconds or milliseconds since 1970, given as a number or as text."""
        count = self.number(*names)
        if count is None or not 0 < count < _MICROSECONDS_START:
            return None
        seconds = count / 1000 if count >= _SECONDS_END else count
        return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST_S else None
