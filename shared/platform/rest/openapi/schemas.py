"""Tables, columns and arguments as Swagger's schemas."""

from typing import Any

import msgspec

from shared.platform.rest.schema import Cardinality, Column, Function, Parameter, Relationship, SchemaCache, Table

Json = dict[str, Any]
_TYPES = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
    "json": None,
    "jsonb": None,
}
_OWN_KEYS = (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


def swagger_type(type_name: str) -> str | None:
    """Return Swagger's type; None for JSON, which may be of any type."""
    return "array" if type_name.endswith("[]") else _TYPES.get(type_name, "string")


def without_none(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def table_schema(table: Table, cache: SchemaCache) -> Json:
    """Describe the table's rows."""
    related = cache.relationships.get(table.name, ())
    return without_none(
        description=table.description,
        required=[column.name for column in table.columns.values() if not column.nullable] or None,
        properties={name: _property(column, table, related) for name, column in table.columns.items()},
        type="object",
    )


def arguments_schema(function: Function) -> Json:
    """Describe the body of a call."""
    return without_none(
        description=function.description,
        required=[parameter.name for parameter in function.parameters if parameter.required] or None,
        properties={parameter.name: _argument(parameter) for parameter in function.parameters},
        type="object",
    )


def _argument(parameter: Parameter) -> Json:
    kind = swagger_type(parameter.type)
    return without_none(format=parameter.type, type=kind, items=items_of(parameter.type))


def items_of(type_name: str) -> Json | None:
    """Describe the items of an array; None for any other type."""
    if not type_name.endswith("[]"):
        return None
    return without_none(type=swagger_type(type_name.removesuffix("[]")))


def _property(column: Column, table: Table, related: tuple[Relationship, ...]) -> Json:
    return without_none(
        default=_default(column),
        description=_description(column, table, related),
        enum=list(column.values) or None,
        format=column.base_type,
        items=items_of(column.base_type),
        maxLength=column.max_length,
        type=swagger_type(column.base_type),
    )


def _default(column: Column) -> Any:
    """Return a literal as JSON; for a text column, return an expression as it is written."""
    if column.default is None:
        return None
    if swagger_type(column.base_type) == "string":
        literal = column.default.removesuffix(f"::{column.base_type}")
        return column.default if literal == column.default else literal.strip("'")
    try:
        return msgspec.json.decode(column.default)
    except msgspec.DecodeError:
        return None


def _description(column: Column, table: Table, related: tuple[Relationship, ...]) -> str | None:
    """Return the comment, with a note for each key that the column belongs to."""
    notes = ["This is a Primary Key.<pk/>"] if column.name in table.primary_key else []
    target = next(filter(None, (_target(column, relationship) for relationship in sorted(related, key=_is_view))), None)
    if target is not None:
        to, by = target
        notes.append(f"This is a Foreign Key to `{to}.{by}`.<fk table='{to}' column='{by}'/>")
    if not notes:
        return column.description
    before = [f"{column.description}\n"] if column.description is not None else []
    return "\n".join([*before, "Note:", *notes])


def _is_view(relationship: Relationship) -> bool:
    return relationship.target_is_view


def _target(column: Column, relationship: Relationship) -> tuple[str, str] | None:
    """Return the table and column of a foreign key that consists of this column alone."""
    points = relationship.cardinality in _OWN_KEYS and relationship.owns_key and len(relationship.columns) == 1
    if not points or relationship.columns[0][0] != column.name:
        return None
    return relationship.target.name, relationship.columns[0][1]
