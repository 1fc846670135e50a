"""Statements that write or call, from whose rows the answer is read."""

from collections.abc import Iterable, Iterator

from shared.platform.rest.plan.model import (
    Argument,
    Body,
    Change,
    Delete,
    FunctionCall,
    Insert,
    Needs,
    Related,
    Test,
    Update,
)
from shared.platform.rest.schema import Column, Table

from .conditions import ROW, Rows, tested
from .writer import Writer, literal_type, qualified, quoted

SCALAR = "pgrst_scalar"
UPDATED = "pgrst.updated"
"""The setting in which an upsert counts the rows that existed already."""
_CHANGED = "pgrst_target"
_BODY = "pgrst_body"
_ELEMENT = "pgrst_element"


def changed(writer: Writer, change: Change, needs: Needs) -> str:
    """Write the statement that changes rows and returns what is needed of them."""
    returned = ", ".join(_returned(change.table, needs)) or "1"
    if isinstance(change, Insert):
        return f"{_inserted(writer, change)} RETURNING {returned}"
    if isinstance(change, Delete):
        where = _where(writer, _CHANGED, change.where)
        return f"DELETE FROM {qualified(change.table.name)} AS {quoted(_CHANGED)}{where} RETURNING {returned}"
    return _updated(writer, change, returned)


def called(writer: Writer, call: FunctionCall, needs: Needs) -> str:
    """Write the statement that returns the function's rows, or its value as a single column."""
    function = call.function
    origin, arguments = _arguments(writer, call)
    source = f"{origin}{qualified(function.name)}({arguments})"
    if not function.returns_composite:
        return f"SELECT {quoted(_CHANGED)}.{quoted(SCALAR)} FROM {source} AS {quoted(_CHANGED)} ({quoted(SCALAR)})"
    row = f", {quoted(_CHANGED)} AS {quoted(ROW)}" if needs.row else ""
    return f"SELECT {quoted(_CHANGED)}.*{row} FROM {source} AS {quoted(_CHANGED)}"


def _returned(table: Table, needs: Needs) -> Iterator[str]:
    names = table.columns if needs.everything else sorted(needs.columns)
    yield from (f"{quoted(_CHANGED)}.{quoted(name)}" for name in names)
    if needs.row:
        yield f"{quoted(_CHANGED)} AS {quoted(ROW)}"


def _inserted(writer: Writer, insert: Insert) -> str:
    body = insert.body
    target = f"INSERT INTO {qualified(insert.table.name)} AS {quoted(_CHANGED)}"
    if not body.columns:
        return f"{target} SELECT FROM json_array_elements({writer.body(body.text)}::json){_conflict(insert)}"
    names = ", ".join(quoted(column.name) for column in body.columns)
    values = ", ".join(_value(body, column) for column in body.columns)
    only = _where(writer, _BODY, insert.only)
    return f"{target} ({names}) SELECT {values} FROM {_rows(writer, body)}{only}{_conflict(insert)}"


def _conflict(insert: Insert) -> str:
    conflict = insert.conflict
    if conflict is None:
        return ""
    target = f" ON CONFLICT ({', '.join(quoted(column) for column in conflict.columns)})"
    if not conflict.merge or not insert.body.columns:
        return f"{target} DO NOTHING"
    sets = ", ".join(f"{quoted(column.name)} = EXCLUDED.{quoted(column.name)}" for column in insert.body.columns)
    counted = f"coalesce(nullif(current_setting('{UPDATED}', true), ''), '0')::int + 1"
    return f"{target} DO UPDATE SET {sets} WHERE set_config('{UPDATED}', ({counted})::text, true) <> ''"


def _updated(writer: Writer, update: Update, returned: str) -> str:
    target, body = qualified(update.table.name), update.body
    if not body.columns:
        return f"SELECT {returned} FROM {target} AS {quoted(_CHANGED)} WHERE FALSE"
    sets = ", ".join(f"{quoted(column.name)} = {quoted(_BODY)}.{quoted(column.name)}" for column in body.columns)
    names = ", ".join(f"{_value(body, column)} AS {quoted(column.name)}" for column in body.columns)
    first = f"(SELECT {names} FROM {_rows(writer, body)} LIMIT 1) AS {quoted(_BODY)}"
    where = _where(writer, _CHANGED, update.where)
    return f"UPDATE {target} AS {quoted(_CHANGED)} SET {sets} FROM {first}{where} RETURNING {returned}"


def _rows(writer: Writer, body: Body) -> str:
    """Write the body's objects as rows of the columns' types."""
    columns = _typed(body.columns)
    if not body.defaults:
        return f"json_to_recordset({writer.body(body.text)}::json) AS {quoted(_BODY)} ({columns})"
    elements = f"jsonb_array_elements({writer.body(body.text)}::jsonb) AS {quoted(_ELEMENT)} ({quoted('value')})"
    record = f"jsonb_to_record({quoted(_ELEMENT)}.{quoted('value')}) AS {quoted(_BODY)} ({columns})"
    return f"{elements} CROSS JOIN LATERAL {record}"


def _value(body: Body, column: Column) -> str:
    value = f"{quoted(_BODY)}.{quoted(column.name)}"
    if not body.defaults or column.default is None:
        return value
    key = column.name.replace("'", "''").replace("%", "%%")
    default = f"({literal_type(column.default)})::{literal_type(column.type)}"
    present = f"jsonb_exists({quoted(_ELEMENT)}.{quoted('value')}, '{key}')"
    return f"CASE WHEN {present} THEN {value} ELSE {default} END"


def _typed(columns: Iterable[Column]) -> str:
    return ", ".join(f"{quoted(column.name)} {literal_type(column.type)}" for column in columns)


def _where(writer: Writer, alias: str, tests: tuple[Test, ...]) -> str:
    rows = Rows(alias)
    conditions = " AND ".join(tested(writer, rows, test, _no_embed) for test in tests)
    return f" WHERE {conditions}" if conditions else ""


def _no_embed(_: Related) -> str:
    raise AssertionError("a change is held to conditions on its own columns alone")


def _arguments(writer: Writer, call: FunctionCall) -> tuple[str, str]:
    """Write what comes before the function in FROM, and what goes between its parentheses."""
    if call.whole is not None:
        whole = writer.body(call.whole) if isinstance(call.whole, str) else writer.value(call.whole)
        return "", f"{whole}::{literal_type(call.function.parameters[0].type)}"
    members = call.members
    if members is not None and members.columns:
        variadic = {parameter.name for parameter in call.function.parameters if parameter.variadic}
        record = f"json_to_record({writer.body(members.text)}::json) AS {quoted(_BODY)} ({_typed(members.columns)})"
        given = (_named(column.name, f"{quoted(_BODY)}.{quoted(column.name)}", variadic) for column in members.columns)
        return f"{record} CROSS JOIN LATERAL ", ", ".join(given)
    return "", ", ".join(_argument(writer, argument) for argument in call.arguments)


def _argument(writer: Writer, argument: Argument) -> str:
    if isinstance(argument.value, tuple):
        return _named(argument.name, f"{writer.array(argument.value)}::{literal_type(argument.type)}", {argument.name})
    return _named(argument.name, f"{writer.value(argument.value)}::{literal_type(argument.type)}", set())


def _named(name: str, value: str, variadic: set[str]) -> str:
    return f"{'VARIADIC ' if name in variadic else ''}{quoted(name)} := {value}"
