"""Errors of the database, and the refusals that callers get for them."""

import re
from typing import TYPE_CHECKING, Any

import msgspec

from shared.kernel.errors import Conflict, Refusal, Unavailable
from shared.runtime.lazy_import import lazy_import

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = lazy_import("psycopg")

RETRY_S = 2


class AlreadyExists(Conflict):
    """A unique constraint refused the row; `constraint` names it."""

    code = "already_exists"
    default_message = "a record with the same key exists"


class InvalidReference(Conflict):
    """A foreign key refused the row; `constraint` names it."""

    code = "invalid_reference"
    default_message = "the record refers to one that does not exist in this organization, or others refer to it"


class InvalidValue(Refusal):
    """A type or CHECK constraint refused a value."""

    status = 422
    code = "invalid_value"
    default_message = "a value is outside the range of its column"


class PermissionDenied(Refusal):
    """A grant or a row policy refused the statement."""

    status = 403
    code = "permission_denied"
    default_message = "the database does not allow this credential to do that"


class Busy(Unavailable):
    """A lock or a statement took longer than the database allows, or two writers met."""

    code = "busy"
    default_message = "other writers have locked these records; send the request again"

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message, **{"retry_after": 1, **details})


_CONSTRAINTS: dict[str, type[Refusal]] = {
    "23505": AlreadyExists,
    "23503": InvalidReference,
    "42501": PermissionDenied,
    "22": InvalidValue,
    "23": InvalidValue,
    "40": Busy,
    "55": Busy,
    "57014": Busy,
}
"""The refusal of each SQLSTATE, or of its first two characters."""
_RULE = re.compile(r"(?!\w+_check$)(?P<column>\w+?)_(?P<verb>is|has)_(?P<rule>\w+)")
"""The name of a CHECK that says its rule, such as last_contact_is_between_1900_and_2200."""
_MUST = {"is": "be", "has": "have"}


def refusal(fault: "psycopg.Error") -> "Refusal | psycopg.Error":
    """Return the refusal of a database error; return the error itself if it is our own fault."""
    state = fault.sqlstate
    if state is None:
        return _unsent(fault)
    if state.startswith(("08", "53", "57P")):
        return Unavailable(retry_after=RETRY_S)
    if state.startswith("PT"):
        fields = msgspec.json.decode(fault.diag.message_detail or "{}")
        return Refusal.from_database(int(state[2:]), fault.diag.message_primary or "", fields)
    kind = _CONSTRAINTS.get(state) or _CONSTRAINTS.get(state[:2])
    if kind is None:
        return fault
    rule = _RULE.fullmatch(fault.diag.constraint_name or "") if kind is InvalidValue else None
    column = rule["column"] if rule else fault.diag.column_name
    details = {"constraint": fault.diag.constraint_name, "column": column}
    message = rule and f"{column} must {_MUST[rule['verb']]} {rule['rule'].replace('_', ' ')}"
    return kind(message, **{name: value for name, value in details.items() if value})


def _unsent(fault: "psycopg.Error") -> "Refusal | psycopg.Error":
    """Return the refusal of an error that the driver found."""
    if isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError):
        return Unavailable(retry_after=RETRY_S)
    # A value without a form in Postgres, such as text with a NUL.
    return InvalidValue(str(fault)) if isinstance(fault, psycopg.DataError) else fault
