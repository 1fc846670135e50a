"""JSON from outside, read without trust: whatever is asked for is there in the type that was asked for, or absent."""

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
"""Numbers from here on are milliseconds; as seconds they would be the year 5138."""
_MICROSECONDS_START = 100_000_000_000_000
_LATEST_S = 4_102_444_800
_LONGEST_ID_BITS = 256
_LONGEST_NUMBER = 18
_DEEPEST = 24
"""How many brackets may stand within each other; what is deeper reads as null, so that it spoils nothing beside it."""
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_MOST_REAL = 1e300
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1
MOST_ID = 512
"""Characters of a message's id; a longer one is none."""
MOST_PERSON_ID = 254
_MOST_KEY_BYTES = 500
MOST_WORD = 64
MOST_LINE = 1000
Read = TypeVar("Read")


def decode(raw: bytes) -> Any:
    """The value, or None where it is no JSON at all.

    A text cut in the middle of an emoji is strictly no JSON, but it is a message all the same: the slower reader takes
    it, and what is left of the emoji becomes a replacement mark.
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
    """The document with null in place of what is nested deeper than any provider nests."""
    if raw.count(b"[") + raw.count(b"{") <= _DEEPEST:
        return raw
    kept: list[bytes] = []
    depth = begun = copied = 0
    for token in _TOKENS.finditer(raw):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == _DEEPEST + 1:
                begun = token.start()
        elif token[0] in (b"]", b"}"):
            if depth == _DEEPEST + 1:
                kept += [raw[copied:begun], b"null"]
                copied = token.end()
            depth -= 1
    return b"".join([*kept, raw[copied:]])


def guarded(read: Callable[[], Iterable[Read]], otherwise: Callable[[], Read]) -> list[Read]:
    """What reads one item; where that meets something nobody has thought of, the item as it came."""
    try:
        return list(read())
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return [otherwise()]


def key(text: str) -> str:
    """The same for the same text, and short enough for an index."""
    raw = text.encode()
    if len(raw) <= _MOST_KEY_BYTES:
        return text
    return f"{raw[: _MOST_KEY_BYTES - 40].decode(errors='ignore')}:{hashlib.sha256(raw).hexdigest()[:32]}"


def digest(value: Any) -> str:
    """The same for the same JSON, however its members were ordered."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def clean(text: str) -> str:
    """Without what a database refuses: NUL, and halves of characters."""
    return _SURROGATES.sub("\ufffd", text.replace("\x00", ""))


def plain(value: Any) -> Any:
    """The JSON as it came, with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, float) and not abs(value) <= _MOST_REAL:
        return str(value)
    if isinstance(value, int) and not _LEAST_INTEGER <= value <= _MOST_INTEGER:
        return str(value) if value.bit_length() <= _LONGEST_ID_BITS else None
    return value


def payload(value: Any) -> dict[str, Any]:
    """As `plain`, and an object whatever it was."""
    kept = plain(value)
    return kept if isinstance(kept, dict) else {"value": kept}


class Wire:
    """One value of a document; a member that is missing or of another kind reads as empty."""

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

    def each(self, name: str) -> Iterator["Wire"]:
        found = self.at(name).value
        return (Wire(one) for one in found) if isinstance(found, list) else iter(())

    def text(self, *names: str) -> str | None:
        """Ids come as text or as numbers: both are text here. Empty text is None."""
        found = self.at(*names).value
        if isinstance(found, str):
            return clean(found) or None
        if isinstance(found, bool) or (isinstance(found, int) and found.bit_length() > _LONGEST_ID_BITS):
            return None
        return str(found) if isinstance(found, int | float) else None

    def id(self, *names: str, most: int = MOST_ID) -> str | None:
        """A longer one is none: cut, it could be another's."""
        found = self.text(*names)
        return found if found and len(found) <= most else None

    def word(self, *names: str, most: int = MOST_WORD) -> str | None:
        """The text's beginning, where that says enough."""
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
        """Seconds or milliseconds since 1970, as a number or as text."""
        count = self.number(*names)
        if count is None or not 0 < count < _MICROSECONDS_START:
            return None
        seconds = count / 1000 if count >= _SECONDS_END else count
        return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST_S else None
