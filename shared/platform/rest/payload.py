"""The body: rows or arguments as JSON text for Postgres, with the columns it names."""

import csv
import io
from urllib.parse import parse_qsl

import msgspec

from .errors import RestRefusal, bad_body, has_nul


class JsonPayload(msgspec.Struct, frozen=True):
    """One object, or an array of objects with the same keys unless the query gave `columns`.

    CSV and form bodies have been converted. A value that is neither object nor array has become an empty array.
    """

    text: str
    columns: tuple[str, ...]
    """The keys, or the query's `columns` where it gives them; sorted."""
    is_array: bool


class FormPayload(msgspec.Struct, frozen=True):
    """Arguments of a function from a form, in their order; a variadic one repeats."""

    arguments: tuple[tuple[str, str], ...]


class RawPayload(msgspec.Struct, frozen=True):
    """The value of a function's single unnamed argument: text/plain, text/xml or octets."""

    data: bytes
    content_type: str


Payload = JsonPayload | FormPayload | RawPayload


_EMPTY = JsonPayload("[]", (), is_array=True)
_UNREADABLE = "Empty or invalid json"
_WHOLE = frozenset({"text/plain", "text/xml", "application/octet-stream"})
_BLANKS = " \t\r\n"
_ROWS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ROW = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder()


def read(body: bytes, content_type: str, *, named: tuple[str, ...] | None, is_function: bool) -> Payload:
    """Read the body.

    `named` are the columns that the query gives; then only Postgres reads the rows, and their keys may differ.

    Raises:
        RestRefusal: PGRST102, or 22021 for a NUL.
    """
    kind = content_type.partition(";")[0].strip().lower() or "application/json"
    if kind == "application/json":
        text = _text(b"{}" if is_function and not body else body, otherwise=_UNREADABLE)
        return _json(text) if named is None else _named(text, named)
    if kind == "text/csv":
        return _csv(_text(body))
    if kind == "application/x-www-form-urlencoded":
        return _form(_text(body), is_function=is_function)
    if kind in _WHOLE and is_function:
        return RawPayload(body if kind == "application/octet-stream" else _text(body).encode(), kind)
    raise bad_body(f"Content-Type not acceptable: {kind}")


def _text(body: bytes, *, otherwise: str = "The body is not UTF-8") -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise bad_body(otherwise) from None
    if "\0" in text:
        raise has_nul()
    return text


def _named(text: str, named: tuple[str, ...]) -> JsonPayload:
    return JsonPayload(text, tuple(sorted(set(named))), is_array=text.lstrip(_BLANKS).startswith("["))


def _json(text: str) -> JsonPayload:
    start = text.lstrip(_BLANKS)[:1]
    try:
        if start == "{":
            return JsonPayload(text, tuple(sorted(_ROW.decode(text))), is_array=False)
        if start == "[":
            return _array(text)
        _ANY.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise bad_body(_UNREADABLE) from None
    return _EMPTY


def _array(text: str) -> JsonPayload:
    try:
        rows = _ROWS.decode(text)
    except msgspec.ValidationError:
        _ANY.decode(text)
        raise _unlike() from None
    if not rows:
        return _EMPTY
    keys = rows[0].keys()
    if any(row.keys() != keys for row in rows):
        raise _unlike()
    return JsonPayload(text, tuple(sorted(keys)), is_array=True)


def _unlike() -> RestRefusal:
    return bad_body("All object keys must match")


def _csv(text: str) -> JsonPayload:
    """Read columns from the first line; NULL is null, everything else is text for the column's type to read."""
    try:
        header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError):
        raise bad_body("The CSV cannot be read; its first line holds the columns") from None
    lines = [line for line in lines if line]
    if any(len(line) != len(header) for line in lines):
        raise bad_body("All lines must have same number of fields")
    if not lines:
        return _EMPTY
    rows = [
        {name: None if value == "NULL" else value for name, value in zip(header, line, strict=True)} for line in lines
    ]
    return JsonPayload(msgspec.json.encode(rows).decode(), tuple(sorted(set(header))), is_array=True)


def _form(text: str, *, is_function: bool) -> Payload:
    pairs = tuple(parse_qsl(text, keep_blank_values=True))
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise has_nul()
    if is_function:
        return FormPayload(pairs)
    row = dict(pairs)
    return JsonPayload(msgspec.json.encode(row).decode(), tuple(sorted(row)), is_array=False)
