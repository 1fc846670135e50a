"""The operations on tables and functions, and the parameters they share."""

from shared.platform.rest.schema import Function, Parameter, Table, Volatility

from .schemas import Json, arguments_schema, items_of, swagger_type, without_none

JSON = "application/json"
SINGULAR = "application/vnd.pgrst.object+json"
ROWS = [JSON, f"{SINGULAR};nulls=stripped", SINGULAR, "text/csv"]
_RESULTS = ROWS[:3]
_PAGED = ("select", "order", "range", "rangeUnit", "offset", "limit", "preferCount")
_ROOT = {
    "get": {
        "tags": ["Introspection"],
        "summary": "OpenAPI description (this document)",
        "produces": ["application/openapi+json", JSON],
        "responses": {"200": {"description": "OK"}},
    }
}


def paths(tables: list[Table], functions: list[Function]) -> Json:
    """Return the operations by path. Overloads share a path, and the last one describes it."""
    return {
        "/": _ROOT,
        **{f"/{table.name.name}": _table(table) for table in tables},
        **{f"/rpc/{function.name.name}": _function(function) for function in functions},
    }


def shared_parameters(tables: list[Table]) -> Json:
    """Return the parameters by the names that operations refer to."""
    return {**_of_all(), **{name: parameter for table in tables for name, parameter in _of_table(table).items()}}


def titled(comment: str | None) -> tuple[str | None, str | None]:
    """Split a comment into its first line and the text below it."""
    if comment is None:
        return None, None
    title, _, rest = comment.partition("\n")
    return title, rest.lstrip("\n") or None


def _table(table: Table) -> Json:
    name = table.name.name
    filters = [f"rowFilter.{name}.{column}" for column in table.columns]
    rows = {"description": "OK", "schema": {"items": {"$ref": f"#/definitions/{name}"}, "type": "array"}}
    item = {
        "get": _operation(table, [*filters, *_PAGED], {"200": rows, "206": {"description": "Partial Content"}}),
    }
    if not (table.insertable or table.updatable or table.deletable):
        return item
    return {
        **item,
        "post": _operation(table, [f"body.{name}", "select", "preferPost"], {"201": {"description": "Created"}}),
        "delete": _operation(table, [*filters, "preferReturn"], {"204": {"description": "No Content"}}),
        "patch": _operation(table, [*filters, f"body.{name}", "preferReturn"], {"204": {"description": "No Content"}}),
    }


def _operation(table: Table, parameters: list[str], responses: Json) -> Json:
    summary, description = titled(table.description)
    return without_none(
        tags=[table.name.name],
        summary=summary,
        description=description,
        parameters=[{"$ref": f"#/parameters/{parameter}"} for parameter in parameters],
        responses=responses,
    )


def _function(function: Function) -> Json:
    summary, description = titled(function.description)
    operation = without_none(
        tags=[f"(rpc) {function.name.name}"],
        summary=summary,
        description=description,
        produces=_RESULTS,
        responses={"200": {"description": "OK"}},
    )
    body = {"in": "body", "name": "args", "required": True, "schema": arguments_schema(function)}
    post = {**operation, "parameters": [body, {"$ref": "#/parameters/preferParams"}]}
    if function.volatility is Volatility.VOLATILE:
        return {"post": post}
    return {
        "get": {**operation, "parameters": [_in_query(parameter) for parameter in function.parameters]},
        "post": post,
    }


def _in_query(parameter: Parameter) -> Json:
    """Describe an argument: an array is one text with braces, except a variadic one, which repeats."""
    described: Json = {"in": "query", "name": parameter.name, "required": parameter.required}
    if not parameter.variadic:
        kind = swagger_type(parameter.type)
        return {**described, "format": parameter.type, "type": "string" if kind in (None, "array") else kind}
    items = {**(items_of(parameter.type) or {}), "format": parameter.type.removesuffix("[]")}
    return {**described, "type": "array", "collectionFormat": "multi", "items": items}


def _of_all() -> Json:
    return {
        "preferParams": _prefer(),
        "preferReturn": _prefer("return=representation", "return=minimal", "return=none"),
        "preferCount": _prefer("count=none"),
        "preferPost": _prefer(
            "return=representation",
            "return=minimal",
            "return=none",
            "resolution=ignore-duplicates",
            "resolution=merge-duplicates",
        ),
        "select": _text("select", "Filtering Columns"),
        "on_conflict": _text("on_conflict", "On Conflict"),
        "order": _text("order", "Ordering"),
        "range": _text("Range", "Limiting and Pagination", location="header"),
        "rangeUnit": {**_text("Range-Unit", "Limiting and Pagination", location="header"), "default": "items"},
        "offset": _text("offset", "Limiting and Pagination"),
        "limit": _text("limit", "Limiting and Pagination"),
    }


def _of_table(table: Table) -> Json:
    name = table.name.name
    body = {
        "name": name,
        "description": name,
        "required": False,
        "in": "body",
        "schema": {"$ref": f"#/definitions/{name}"},
    }
    filters = {
        f"rowFilter.{name}.{column.name}": _text(column.name, column.description) for column in table.columns.values()
    }
    return {f"body.{name}": body, **filters}


def _prefer(*values: str) -> Json:
    parameter = _text("Prefer", "Preference", location="header")
    return {**parameter, "enum": list(values)} if values else parameter


def _text(name: str, description: str | None, *, location: str = "query") -> Json:
    parameter: Json = {"name": name, "required": False, "in": location, "type": "string"}
    return parameter if description is None else {**parameter, "description": description}
