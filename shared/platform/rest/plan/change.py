"""The change that a POST, PATCH, PUT or DELETE of a table makes."""

from shared.platform.rest import errors, resolve
from shared.platform.rest.payload import JsonPayload
from shared.platform.rest.preferences import Missing, Resolution
from shared.platform.rest.query import Condition
from shared.platform.rest.request import Action, Request
from shared.platform.rest.schema import Table

from .model import Body, Change, Conflict, Delete, Insert, Update
from .read import conditions


def change_of(request: Request, table: Table, *, guarded: bool) -> Change:
    """Return the change; when `guarded`, refuse one without a filter.

    Raises:
        RestRefusal: PGRST105, PGRST204, 21000, or 42703 for a filter on a column that does not exist.
    """
    where = conditions(table, request.query)
    refuses = guarded and not where
    if request.action is Action.DELETE:
        if refuses:
            raise errors.no_condition("DELETE")
        return Delete(table, where)
    body = _body(request, table)
    if request.action is Action.UPDATE:
        if refuses and body.columns:
            raise errors.no_condition("UPDATE")
        return Update(table, body, where)
    if request.action is Action.PUT:
        _check_key(request, table)
        return Insert(table, body, Conflict(table.primary_key, merge=True), where)
    return Insert(table, body, _conflict(request, table))


def _body(request: Request, table: Table) -> Body:
    payload = request.payload
    if not isinstance(payload, JsonPayload):
        raise errors.bad_body("Empty or invalid json")
    columns = tuple(resolve.column(table, name) for name in payload.columns)
    text = payload.text if payload.is_array else f"[{payload.text}]"
    return Body(text, columns, defaults=request.preferences.missing is Missing.DEFAULT)


def _conflict(request: Request, table: Table) -> Conflict | None:
    """Return how to resolve conflicts; None too where no column identifies a row."""
    resolution = request.preferences.resolution
    columns = request.query.on_conflict or table.primary_key
    if resolution is None or not columns:
        return None
    for name in columns:
        resolve.column(table, name)
    return Conflict(columns, merge=resolution is Resolution.MERGE)


def _check_key(request: Request, table: Table) -> None:
    """Check that the filters of a PUT name the row's primary key, and nothing else."""
    filters = [condition for path, condition in request.query.filters if not path]
    plain = all(
        isinstance(condition, Condition)
        and condition.operator == "eq"
        and not condition.negated
        and condition.quantifier is None
        and not condition.field.steps
        for condition in filters
    )
    names = {condition.field.name for condition in filters if isinstance(condition, Condition)}
    if not table.primary_key or not plain or names != set(table.primary_key):
        raise errors.put_filters()
