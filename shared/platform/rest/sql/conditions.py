"""Conditions and values of rows: operators, JSON paths, casts."""

from collections.abc import Callable

from shared.platform.rest.plan.model import Compared, FieldPath, Joined, Related, Test
from shared.platform.rest.query import JsonStep

from .writer import Writer, cast_type, quoted

ROW = "pgrst_row"
"""The column in which written or called rows bring the whole row."""
_OPERATORS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "like": "LIKE", "ilike": "ILIKE", "match": "~", "imatch": "~*", "isdistinct": "IS DISTINCT FROM",
    "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>", "adj": "-|-",
}  # fmt: skip
_SEARCHES = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
_PATTERNS = frozenset({"like", "ilike"})
_IS = {
    "null": "NULL",
    "not_null": "NOT NULL",
    "true": "TRUE",
    "false": "FALSE",
    "unknown": "UNKNOWN",
}


class Rows:
    """How SQL refers to the rows of one node: by `alias`, and as values of the table's type."""

    def __init__(self, alias: str, *, from_source: bool = False) -> None:
        self.alias = quoted(alias)
        self.row = f"{self.alias}.{quoted(ROW)}" if from_source else self.alias

    def field(self, writer: Writer, path: FieldPath) -> str:
        column = f"({self.row}).{quoted(path.name)}" if path.is_computed else f"{self.alias}.{quoted(path.name)}"
        if not path.steps:
            return column
        value = column if path.is_json else f"to_jsonb({column})"
        return value + "".join(_step(writer, step) for step in path.steps)


def tested(writer: Writer, rows: Rows, test: Test, related: Callable[[Related], str]) -> str:
    """Write one condition; `related` writes those on embeds."""
    if isinstance(test, Joined):
        members = f" {test.connective.upper()} ".join(tested(writer, rows, member, related) for member in test.members)
        return f"{'NOT ' if test.negated else ''}({members})"
    if isinstance(test, Related):
        return related(test)
    return _compared(writer, rows, test)


def cast(value: str, type_name: str | None) -> str:
    return value if type_name is None else f"CAST({value} AS {cast_type(type_name)})"


def _step(writer: Writer, step: JsonStep) -> str:
    key = writer.shared(str(step.key), "int" if isinstance(step.key, int) else "text")
    return f"{'->>' if step.as_text else '->'}{key}"


def _compared(writer: Writer, rows: Rows, test: Compared) -> str:
    value = rows.field(writer, test.field)
    negation = "NOT " if test.negated else ""
    if test.operator == "is":
        return f"{negation}{value} IS {_IS[str(test.value).lower()]}"
    if test.operator == "in":
        return f"{negation}{value} = ANY ({writer.array(tuple(test.value))})"
    if test.operator in _SEARCHES:
        return f"{negation}{_searched(writer, value, test)}"
    operator = _OPERATORS[test.operator]
    if test.quantifier is not None:
        values = tuple(_operand(test, operand) for operand in test.value)
        return f"{negation}{value} {operator} {test.quantifier.upper()} ({writer.array(values)})"
    return f"{negation}{value} {operator} {writer.value(_operand(test, str(test.value)))}"


def _operand(test: Compared, value: str) -> str:
    return value.replace("*", "%") if test.operator in _PATTERNS else value


def _searched(writer: Writer, value: str, test: Compared) -> str:
    configuration = f"{writer.value(test.configuration)}::regconfig, " if test.configuration else ""
    vector = value if test.field.is_vector else f"to_tsvector({configuration}{value})"
    return f"{vector} @@ {_SEARCHES[test.operator]}({configuration}{writer.value(str(test.value))})"
