"""The paths of /storage/v1, from its table of routes; its refusals have the shape of Supabase Storage."""

import re
from typing import Any, get_args, get_origin

from functions.storage.access import caller, reader
from functions.storage.routes import ROUTES
from infra.documents.parts import EVERY_ANSWER, headers
from infra.documents.schemas import Components, Schema
from shared.edge.routing import Admit, Route, open_to_all

SECURITY: dict[Admit, list[dict[str, list[str]]]] = {
    open_to_all: [],
    reader: [{}, {"apikey": []}, {"person": []}, {"agent": ["read"]}],
    caller: [{"apikey": []}, {"person": []}, {"agent": ["read"]}, {"service": []}],
}
ERROR: Schema = {
    "type": "object",
    "description": "A refusal; `statusCode` is its real status.",
    "required": ["statusCode", "error", "message", "code"],
    "properties": {
        "statusCode": {"type": "string", "examples": ["404"]},
        "error": {"type": "string"},
        "message": {"type": "string"},
        "code": {"type": "string", "examples": ["NoSuchKey"]},
    },
}
REFUSED = {
    "400": "Refused; the body's `statusCode` is the real status (docs/errors.md).",
    "429": "Too many requests: wait as long as Retry-After says.",
    "500": "An error of this server.",
    "503": "A service that this needs does not answer: send the request again.",
}
BYTES: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
FORM: Schema = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "cacheControl": {"type": "string", "description": "Seconds."},
        "metadata": {"type": "string", "description": "A JSON object."},
    },
}
PATH_PARAMETERS: dict[str, Schema] = {
    "bucket": {"name": "bucket", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 100}},
    "name": {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "The object's name, with its folders: slashes stay as they are.",
        "schema": {"type": "string", "maxLength": 1024},
    },
}


def add(paths: dict[str, Any], components: Components) -> None:
    components.schemas["StorageError"] = ERROR
    for route in ROUTES:
        paths.setdefault(ROUTES.prefix + route.template, {})[route.method.lower()] = _operation(route, components)


def _operation(route: Route, components: Components) -> dict[str, Any]:
    path_parameters = [PATH_PARAMETERS[name] for name in re.findall(r"{(\w+)}", route.template)]
    query = components.parameters(route.query) if route.query else []
    operation: dict[str, Any] = {
        "operationId": f"storage-{route.handler.__name__.replace('_', '-')}{_kind(route)}",
        "tags": ["Integrations"],
        "summary": route.summary.rstrip("."),
        "security": SECURITY[route.admit],
        "parameters": [*path_parameters, *query],
        "responses": {"200": _good(route, components), **_refused()},
    }
    if route.body:
        schema = components.request(route.body, f"Storage{route.body.__name__}")
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.takes_bytes:
        operation["requestBody"] = {"required": True, "content": {**BYTES, "multipart/form-data": {"schema": FORM}}}
    return operation


def _kind(route: Route) -> str:
    return "-authenticated" if "/authenticated/" in route.path else ""


def _good(route: Route, components: Components) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _schema(route, components)}}
    if route.method == "GET" and route.result is None:
        content = BYTES
    return {"description": "Done.", "headers": headers(EVERY_ANSWER), "content": content}


def _schema(route: Route, components: Components) -> Schema:
    if route.result is None:
        return {"type": "object"}
    if get_origin(route.result) is list:
        (item,) = get_args(route.result)
        return {"type": "array", "items": components.result(item, f"Storage{item.__name__}")}
    return components.result(route.result, f"Storage{route.result.__name__}")


def _refused() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/StorageError"}}}
    return {status: {"description": description, "content": content} for status, description in REFUSED.items()}
