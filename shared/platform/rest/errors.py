"""Refusals with PostgREST's texts: one constructor for each cause, and the status for an error of the database."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec


class RestRefusal(Exception):  # noqa: N818  (saying no is an answer, not a fault)
    """A refusal. `details` is text or a list of candidates; `headers` are sent with the answer."""

    def __init__(self, status: int, code: str, message: str, details: Any = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.headers: dict[str, str] = dict(_HEADERS.get(status, {}))

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "details": self.details, "hint": self.hint, "message": self.message}


_UNAUTHORIZED = 401
AWAY, FAULT = 503, 500
_HEADERS = {_UNAUTHORIZED: {"WWW-Authenticate": "Bearer"}, AWAY: {"Retry-After": "2"}}
_SYNTAX = "PGRST100"


class DatabaseFault(msgspec.Struct, frozen=True):
    """The fields of an error that Postgres reports."""

    sqlstate: str
    message: str
    detail: str | None = None
    hint: str | None = None


# Connections.


def unreachable() -> RestRefusal:
    """Return a refusal without the driver's message, which names hosts, ports and users and is for the log only."""
    return RestRefusal(AWAY, "PGRST000", "Database connection error. Retrying the connection.")


def client_fault() -> RestRefusal:
    return RestRefusal(AWAY, "PGRST001", "Database client error. Retrying the connection.")


def no_schema_cache() -> RestRefusal:
    return RestRefusal(503, "PGRST002", "Could not query the database for the schema cache. Retrying.")


def pool_timeout() -> RestRefusal:
    return RestRefusal(504, "PGRST003", "Timed out acquiring connection from connection pool.")


# Requests.


def bad_query(message: str, details: str | None = None) -> RestRefusal:
    return RestRefusal(400, _SYNTAX, message, details)


def is_syntax(refusal: RestRefusal) -> bool:
    """Return whether the refusal is for a query string that does not parse."""
    return refusal.code == _SYNTAX


def rpc_method(method: str) -> RestRefusal:
    return RestRefusal(405, "PGRST101", f"Cannot use the {method} method on RPC")


def bad_body(message: str) -> RestRefusal:
    return RestRefusal(400, "PGRST102", message)


def negative_limit() -> RestRefusal:
    return _range("Limit should be greater than or equal to zero.")


def inverted_range() -> RestRefusal:
    return _range("The lower boundary must be lower than or equal to the upper boundary in the Range header.")


def offset_beyond(offset: int, total: int) -> RestRefusal:
    """Return the refusal with `Content-Range` among its headers."""
    refusal = _range(f"An offset of {offset} was requested, but there are only {total} rows.")
    refusal.headers["Content-Range"] = f"*/{total}"
    return refusal


def _range(details: str) -> RestRefusal:
    return RestRefusal(416, "PGRST103", "Requested range not satisfiable", details)


def put_filters() -> RestRefusal:
    message = "Filters must include all and only primary key columns with 'eq' operators"
    return RestRefusal(405, "PGRST105", message)


def schema_not_exposed(schema: str, exposed: Sequence[str]) -> RestRefusal:
    hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
    return RestRefusal(406, "PGRST106", f"Invalid schema: {schema}", None, hint)


def media_type(accepted: Sequence[str]) -> RestRefusal:
    return RestRefusal(406, "PGRST107", f"None of these media types are available: {', '.join(accepted)}")


def not_embedded(name: str) -> RestRefusal:
    hint = f"Verify that '{name}' is included in the 'select' query parameter."
    return RestRefusal(400, "PGRST108", f"'{name}' is not an embedded resource in this request", None, hint)


def put_limited() -> RestRefusal:
    return RestRefusal(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT")


def put_key_mismatch() -> RestRefusal:
    return RestRefusal(400, "PGRST115", "Payload values do not match URL in primary key column(s)")


def not_singular(rows: int) -> RestRefusal:
    message = "Cannot coerce the result to a single JSON object"
    return RestRefusal(406, "PGRST116", message, f"The result contains {rows} rows")


def method_not_supported(method: str) -> RestRefusal:
    return RestRefusal(405, "PGRST117", f"Unsupported HTTP method: {method}")


def order_by_many(origin: str, target: str) -> RestRefusal:
    details = f"'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship"
    return RestRefusal(400, "PGRST118", f"A related order on '{target}' is not possible", details)


def embed_filter(name: str) -> RestRefusal:
    details = "Only is null or not is null filters are allowed on embedded resources"
    return RestRefusal(400, "PGRST120", f"Bad operator on the '{name}' embedded resource", details)


def bad_preferences(preferences: Sequence[str]) -> RestRefusal:
    details = f"Invalid preferences: {', '.join(preferences)}"
    return RestRefusal(400, "PGRST122", "Invalid preferences given with handling=strict", details)


def aggregates_off() -> RestRefusal:
    return RestRefusal(400, "PGRST123", "Use of aggregate functions is not allowed")


def too_many_affected(rows: int) -> RestRefusal:
    message = "Query result exceeds max-affected preference constraint"
    return RestRefusal(400, "PGRST124", message, f"The query affects {rows} rows")


def bad_path() -> RestRefusal:
    return RestRefusal(404, "PGRST125", "Invalid path specified in request URL")


def openapi_off() -> RestRefusal:
    return RestRefusal(404, "PGRST126", "Root endpoint metadata is disabled")


def max_affected_of_rpc() -> RestRefusal:
    message = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
    return RestRefusal(400, "PGRST128", message)


def has_nul() -> RestRefusal:
    """Return Postgres's own refusal of a NUL character, which its protocol cannot carry."""
    return RestRefusal(400, "22021", 'invalid byte sequence for encoding "UTF8": 0x00')


# Names that the schema cache does not have, or has twice.


def no_relationship(message: str, details: str, hint: str | None) -> RestRefusal:
    return RestRefusal(400, "PGRST200", message, details, hint)


def ambiguous_relationship(message: str, candidates: list[dict[str, Any]], hint: str) -> RestRefusal:
    return RestRefusal(300, "PGRST201", message, candidates, hint)


def no_function(message: str, details: str, hint: str | None) -> RestRefusal:
    return RestRefusal(404, "PGRST202", message, details, hint)


def ambiguous_function(signatures: Sequence[str]) -> RestRefusal:
    message = f"Could not choose the best candidate function between: {', '.join(signatures)}"
    hint = "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
    return RestRefusal(300, "PGRST203", message, None, hint)


def no_column(column: str, table: str) -> RestRefusal:
    return RestRefusal(400, "PGRST204", f"Could not find the '{column}' column of '{table}' in the schema cache")


def unknown_column(column: str, table: str) -> RestRefusal:
    """Return Postgres's own refusal, for a column that is read."""
    return RestRefusal(400, "42703", f"column {table}.{column} does not exist")


def no_condition(verb: str) -> RestRefusal:
    """Return the refusal of the extension safeupdate, for a change to every row."""
    return RestRefusal(400, "21000", f"{verb} requires a WHERE clause")


def no_table(name: str, hint: str | None) -> RestRefusal:
    return RestRefusal(404, "PGRST205", f"Could not find the table '{name}' in the schema cache", None, hint)


# Answers of database functions.


def bad_response_headers() -> RestRefusal:
    message = "response.headers guc must be a JSON array composed of objects with a single key and a string value"
    return RestRefusal(500, "PGRST111", message)


def bad_response_status() -> RestRefusal:
    return RestRefusal(500, "PGRST112", "response.status guc must be a valid status code")


# Callers.


def no_jwt_secret() -> RestRefusal:
    return RestRefusal(500, "PGRST300", "Server lacks JWT secret")


def bad_token(message: str, details: str | None = None) -> RestRefusal:
    return _challenged(RestRefusal(401, "PGRST301", message, details), message)


def no_anonymous() -> RestRefusal:
    return RestRefusal(401, "PGRST302", "Anonymous access is disabled")


def bad_claims(message: str) -> RestRefusal:
    return _challenged(RestRefusal(401, "PGRST303", message), message)


def _challenged(refusal: RestRefusal, description: str) -> RestRefusal:
    refusal.headers["WWW-Authenticate"] = f'Bearer error="invalid_token", error_description="{description}"'
    return refusal


# Errors of the database.

_STATUS = {
    "08": 503, "09": 500, "0L": 403, "0P": 403,
    "21000": 500, "23503": 409, "23505": 409, "25006": 405, "25": 500, "28": 403, "2D": 500,
    "38": 500, "39": 500, "3B": 500, "40": 500,
    "42883": 404, "42P01": 404, "42P17": 500,
    "53400": 500, "53": 503, "54": 500, "55": 500, "57P01": 503, "57": 500, "58": 500,
    "F0": 500, "HV": 500, "P0001": 400, "P0": 500, "XX": 500,
}  # fmt: skip
"""By SQLSTATE, or by its class."""
_NO_OTHERS: Mapping[str, int] = MappingProxyType({})
_SHORTEST, _LONGEST = 200, 599
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
OF_THE_SERVER = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that SQL cannot set: they belong to the connection."""


def of_database(fault: DatabaseFault, *, anonymous: bool, statuses: Mapping[str, int] = _NO_OTHERS) -> RestRefusal:
    """Return the refusal for a database error.

    `RAISE SQLSTATE 'PGRST'` gives the whole answer, `PTnnn` its status; the SQLSTATE decides the status of others.
    `statuses` are those of SQLSTATEs to which the host gives another status than PostgREST.
    """
    if fault.sqlstate == "PGRST":
        return _raised(fault)
    status = statuses.get(fault.sqlstate) or _status(fault, anonymous=anonymous)
    # The detail of an error of a foreign server names its address and user.
    detail = None if fault.sqlstate.startswith("08") else fault.detail
    return RestRefusal(status, fault.sqlstate, fault.message, detail, fault.hint)


def _status(fault: DatabaseFault, *, anonymous: bool) -> int:
    state, message = fault.sqlstate, fault.message
    if state.startswith("PT"):
        return int(state[2:]) if state[2:].isdigit() and _is_status(int(state[2:])) else 500
    if state == "42501":
        return _UNAUTHORIZED if anonymous else 403
    if state == "21000" and message.endswith("requires a WHERE clause"):
        return 400
    if state == "22023" and message.startswith("role ") and message.endswith("does not exist"):
        return _UNAUTHORIZED
    return _STATUS.get(state) or _STATUS.get(state[:2]) or 400


def _is_status(number: int) -> bool:
    return _SHORTEST <= number <= _LONGEST


def is_header(name: str, value: str) -> bool:
    """Return whether a header that SQL sets is valid in HTTP."""
    return _HEADER.fullmatch(name) is not None and not _CONTROLS.search(value)


class _Message(msgspec.Struct):
    code: str
    message: str
    details: str | None = None
    hint: str | None = None


class _Detail(msgspec.Struct):
    status: int
    headers: dict[str, str]
    status_text: str | None = None


def _raised(fault: DatabaseFault) -> RestRefusal:
    try:
        raised = msgspec.json.decode(fault.message, type=_Message)
    except msgspec.DecodeError:
        keys = "'code', 'message' and optional keys: 'details', 'hint'."
        hint = f"MESSAGE must be a JSON object with obligatory keys: {keys}"
        return _not_raised(f"Invalid JSON value for MESSAGE: '{fault.message}'", hint)
    hint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
    if fault.detail is None:
        return _not_raised("DETAIL is missing in the RAISE statement", hint)
    try:
        answer = msgspec.json.decode(fault.detail, type=_Detail)
    except msgspec.DecodeError:
        return _not_raised(f"Invalid JSON value for DETAIL: '{fault.detail}'", hint)
    if not _is_status(answer.status) or not all(is_header(*pair) for pair in answer.headers.items()):
        return _not_raised(f"Invalid JSON value for DETAIL: '{fault.detail}'", hint)
    refusal = RestRefusal(answer.status, raised.code, raised.message, raised.details, raised.hint)
    refusal.headers |= {name: value for name, value in answer.headers.items() if name.lower() not in OF_THE_SERVER}
    return refusal


def _not_raised(details: str, hint: str) -> RestRefusal:
    message = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
    return RestRefusal(500, "PGRST121", message, details, hint)
