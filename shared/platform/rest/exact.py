"""Checks that numbers are stored as sent: no rounding, no notation that only later versions of Postgres read."""

import re

import msgspec

from .errors import RestRefusal
from .payload import JsonPayload
from .schema import Column

_SCALED = re.compile(r"numeric\([0-9]+,([0-9]+)\)")
_DECIMAL = re.compile(r"\s*[-+]?([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?\s*", re.ASCII)
_OTHER_NOTATION = re.compile(r"\s*[-+]?(?:0[xXoObB]|[0-9.]+_)", re.ASCII)
_NUMBERS = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"})
_ROWS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ROW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


def check_numbers(payload: JsonPayload, columns: tuple[Column, ...]) -> None:
    """Check that the column keeps each number as it is.

    Raises:
        RestRefusal: invalid_amount; 22P02, as from Postgres 15, for 0x10 and 1_000.
    """
    numbers = [one for one in columns if one.base_type in _NUMBERS]
    if not numbers:
        return
    try:
        rows = _ROWS.decode(payload.text) if payload.is_array else [_ROW.decode(payload.text)]
    except (msgspec.DecodeError, RecursionError):
        return  # Postgres reports the fault.
    for row in rows:
        for column in numbers:
            if column.name in row:
                _check(_written(row[column.name]), column)


def _written(value: msgspec.Raw) -> str:
    raw = bytes(value)
    return _TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()


def _check(text: str, column: Column) -> None:
    if _OTHER_NOTATION.match(text):
        raise RestRefusal(400, "22P02", f'invalid input syntax for type {column.base_type}: "{text}"')
    scaled = _SCALED.fullmatch(column.type)
    if scaled and _decimals(text) > int(scaled[1]):
        details = {"error": "invalid_amount", "column": column.name, "decimals": int(scaled[1])}
        message = f"{column.name} takes {scaled[1]} decimals; {text} has more"
        raise RestRefusal(422, "PT422", message, msgspec.json.encode(details).decode())


def _decimals(text: str) -> int:
    """Return how many decimals the number needs; 0 for a text that is no decimal number."""
    parts = _DECIMAL.fullmatch(text)
    if not parts:
        return 0
    whole, fraction, power = parts.groups()
    kept = (whole + fraction).rstrip("0")
    return len(kept) - len(whole) - _exponent(power) if kept else 0


def _exponent(power: str | None) -> int:
    """Return the exponent; ten digits are beyond every number that Postgres takes."""
    return int(power[:10]) if power else 0
