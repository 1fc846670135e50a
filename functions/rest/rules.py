"""Explanations of broken constraints: which column, and what it allows."""

import re
from typing import Any

from shared.platform.rest.schema import Table

from .constraints import columns_of, in_words
from .rights import Rights

UNIQUE, REFERENCE, CHECK = "23505", "23503", "23514"
_USED = re.compile(r'is still referenced from table "(\w+)"')
_ABSENT = re.compile(r'is not present in table "(\w+)"')
_CONSTRAINT = re.compile(r'violates (?:check|unique) constraint "(\w+)"')
_TWIN = "another row has the same key: change that row, or choose another key"


def reworded(error: dict[str, Any], table: Table | None, rights: Rights | None) -> dict[str, Any]:
    """Return the changed fields of the answer; a message never names a unique index, which tells the reader nothing."""
    hint = explained(error, table, rights) if table and rights else None
    if error["code"] == UNIQUE and _CONSTRAINT.search(error["message"]):
        hint = hint or _TWIN
        return {"message": hint.partition(":")[0], "hint": hint}
    return {"hint": hint} if hint else {}


def explained(error: dict[str, Any], table: Table, rights: Rights) -> str | None:
    """Return an explanation; None if Postgres's own text says everything."""
    details = error["details"] if isinstance(error["details"], str) else ""
    if error["code"] == REFERENCE:
        return _referenced(details)
    broken = _CONSTRAINT.search(error["message"])
    if broken is None:
        return None
    return _twin(broken[1], table) if error["code"] == UNIQUE else _checked(broken[1], table, rights)


def _twin(constraint: str, table: Table) -> str | None:
    """Name the column by the constraint's name, because row level security hides the key's values."""
    name = constraint.removeprefix(f"{table.name.name}_").removeprefix("organization_id_").removesuffix("_key")
    if name == "pkey":
        name = ", ".join(column for column in table.primary_key if column != "organization_id")
    else:
        # A column such as sku_key holds the form in which sku is compared.
        names = (name.removesuffix("_key"), name, f"is_{name}")
        name = next((candidate for candidate in names if candidate in table.columns), "")
    if not name:
        return None
    return f"another row of {table.name.name} has the same {name}: change that row, or choose another {name}"


def _referenced(details: str) -> str | None:
    if used := _USED.search(details):
        return f"{used[1]} use this row: let them name another one first, or keep it"
    absent = _ABSENT.search(details)
    return f"your organization has no such row of {absent[1]}: check the id" if absent else None


def _checked(constraint: str, table: Table, rights: Rights) -> str | None:
    rule = rights.checks.get(constraint, "")
    words, columns = in_words(rule), columns_of(rule, table.columns)
    if words is None or not columns:
        return None
    return f"{' and '.join(columns)} must be {words}"
