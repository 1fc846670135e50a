"""The paths of /auth/v1, from its table of routes; its refusals have the two shapes of Supabase Auth."""

from http import HTTPStatus
from itertools import groupby
from typing import Any

from functions.auth.access import person, project, service
from functions.auth.errors import NAMES
from functions.auth.routes import ROUTES
from infra.documents.parts import EVERY_ANSWER, headers
from infra.documents.schemas import Components, Schema
from shared.auth.credentials import MissingProjectKey, UnknownProjectKey
from shared.edge.routing import Admit, Route, open_to_all
from shared.kernel import errors
from shared.kernel.errors import Refusal
from shared.runtime.postgres.errors import Busy
from shared.runtime.shares import Overloaded, TooManyAtOnce

SECURITY: dict[Admit, list[dict[str, list[str]]]] = {
    open_to_all: [],
    project: [{"apikey": []}],
    person: [{"apikey": [], "person": []}],
    service: [{"apikey": []}, {"apikey": [], "service": []}],
}
ALWAYS: tuple[type[Refusal], ...] = (errors.RateLimited, TooManyAtOnce, Refusal, errors.Unavailable, Busy, Overloaded)
WITH_BODY = (errors.UnsupportedMediaType, errors.PayloadTooLarge, errors.InvalidRequest)
MALFORMED = (400, "bad_json", "the body is not JSON")
VERSION: Schema = {
    "name": "X-Supabase-Api-Version",
    "in": "header",
    "description": "2024-01-01 or later requests errors as {code, message}.",
    "schema": {"type": "string", "examples": ["2024-01-01"]},
}
USER_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
ERROR: Schema = {
    "description": "A refusal; in both shapes the header X-Sb-Error-Code has the code.",
    "anyOf": [
        {
            "type": "object",
            "required": ["code", "error_code", "msg"],
            "properties": {
                "code": {"type": "integer", "description": "The HTTP status."},
                "error_code": {"type": "string"},
                "msg": {"type": "string"},
            },
        },
        {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        },
    ],
}


def add(paths: dict[str, Any], components: Components) -> None:
    components.schemas["AccountError"] = ERROR
    for route in ROUTES:
        paths.setdefault(ROUTES.prefix + route.template, {})[route.method.lower()] = _operation(route, components)


def _operation(route: Route, components: Components) -> dict[str, Any]:
    name = route.handler.__name__
    identifiers = [USER_ID] if "{id}" in route.template else []
    query = components.parameters(route.query) if route.query else []
    operation: dict[str, Any] = {
        "operationId": "-".join(["auth", *(["admin"] if route.admit is service else []), *name.split("_")]),
        "tags": ["Auth"],
        "summary": (route.summary or name.replace("_", " ").capitalize()).rstrip("."),
        "security": SECURITY[route.admit],
        "parameters": [*identifiers, VERSION, *query],
        "responses": _responses(route, components),
    }
    if route.body:
        schema = components.request(route.body, f"Account{route.body.__name__}")
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _responses(route: Route, components: Components) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done.", "headers": headers(EVERY_ANSWER)}
    if route.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER):
        schema = components.result(route.result, route.result.__name__) if route.result else {"type": "object"}
        good["content"] = {"application/json": {"schema": schema}}
    refusals = sorted({*map(_declared, (*ALWAYS, *_refusals(route))), *([MALFORMED] if route.body else [])})
    refused = {
        str(status): {
            "description": "\n".join(f"- `{code}`: {message}" for _, code, message in codes),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AccountError"}}},
        }
        for status, codes in ((status, list(codes)) for status, codes in groupby(refusals, key=lambda codes: codes[0]))
    }
    return {str(route.status): good, **refused}


def _refusals(route: Route) -> tuple[type[Refusal], ...]:
    keyed = () if route.admit is open_to_all else (MissingProjectKey, UnknownProjectKey)
    read = WITH_BODY if route.body else (errors.InvalidRequest,) if route.query else ()
    return (*keyed, *read, *route.refusals)


def _declared(refusal: type[Refusal]) -> tuple[int, str, str]:
    """Return status, code and message on this surface."""
    status, code = NAMES.get(refusal.code, (refusal.status, refusal.code))
    return status, code, refusal.default_message
