"""The paths of /rest/v1; the interface itself describes its tables at its root."""

from typing import Any

from infra.documents.parts import EVERY_ANSWER, headers
from infra.documents.schemas import Components, Schema

ROWS: Schema = {"type": "array", "items": {"type": "object"}}
ERROR: Schema = {
    "type": "object",
    "description": (
        "A refusal in PostgREST's form. With a code PTnnn, or PGRST301, `details` is a JSON text whose `error` is "
        "one of our own codes, with that code's fields."
    ),
    "required": ["code", "message", "details", "hint"],
    "properties": {
        "code": {"type": "string", "description": "PGRSTnnn, an SQLSTATE or PTnnn.", "examples": ["PGRST205"]},
        "message": {"type": "string"},
        "details": {"description": "Text, a list of candidates, or null."},
        "hint": {"type": ["string", "null"], "description": "What to try."},
    },
}
REFUSED = {
    "400": "The query, the body or a value is not valid.",
    "401": "The project's key or the token is missing, wrong or expired.",
    "403": "The scope, the plan or a policy does not allow it.",
    "404": "There is no such table or function.",
    "406": "The answer cannot have the form that Accept asks for.",
    "409": "A key or a business rule does not allow it.",
    "416": "There are fewer rows than the offset.",
    "429": "Too many requests: wait as long as Retry-After says.",
    "503": "The database does not answer: send the request again.",
}
PREFER: Schema = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "Such as count=exact, return=representation, resolution=merge-duplicates, separated by commas.",
    "schema": {"type": "string"},
}
FILTERS: Schema = {
    "name": "filters",
    "in": "query",
    "required": False,
    "description": "Columns with operator and value (`order_status=eq.pending`), and/or trees, embeds' own filters.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
VERBS = {
    "get": ("Read rows", {"200": "The rows of one page.", "206": "One page of the rows that were counted."}),
    "post": ("Add rows", {"201": "Added; with return=representation the rows."}),
    "patch": ("Change the rows that the filters name", {"200": "The changed rows.", "204": "Changed."}),
    "put": ("Put one row under its primary key", {"200": "The row.", "201": "The new row.", "204": "Put."}),
    "delete": ("Delete the rows that the filters name", {"200": "The deleted rows.", "204": "Deleted."}),
}
CALLS = {
    "get": ("Call a function that changes nothing", {"200": "Its result."}),
    "post": ("Call a function", {"200": "Its result.", "204": "Done."}),
}
_WITHOUT_BODY = frozenset({"get", "delete"})


def add(paths: dict[str, Any], components: Components) -> None:
    components.schemas["RestError"] = ERROR
    for path, kind, verbs in (
        ("/rest/v1/{table}", "table", VERBS),
        ("/rest/v1/rpc/{function}", "function", CALLS),
    ):
        paths[path] = {verb: _operation(verb, kind, summary, answers) for verb, (summary, answers) in verbs.items()}


def _operation(verb: str, kind: str, summary: str, answers: dict[str, str]) -> dict[str, Any]:
    scope = "read" if verb == "get" else "write"
    query = [_text("select", "Columns, embeds and aliases."), _text("order", "`created_at.desc,id`."), *_page()]
    operation: dict[str, Any] = {
        "operationId": f"rest-{kind}-{verb}",
        "tags": ["Integrations"],
        "summary": summary,
        "security": [{"apikey": [], "agent": [scope]}, {"apikey": [], "person": []}, {"service": []}],
        "parameters": [
            {"name": kind, "in": "path", "required": True, "schema": {"type": "string"}},
            *(query if verb == "get" else query[:1]),
            *([] if (kind, verb) == ("table", "post") else [FILTERS]),
            PREFER,
        ],
        "responses": {**{status: _good(description) for status, description in answers.items()}, **_refused()},
    }
    if verb not in _WITHOUT_BODY:
        operation["requestBody"] = {"content": {"application/json": {"schema": {"type": ["object", "array"]}}}}
    return operation


def _text(name: str, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": {"type": "string"}}


def _page() -> list[Schema]:
    limit = {"type": "integer", "minimum": 0, "maximum": 100, "default": 25}
    offset = {"type": "integer", "minimum": 0, "default": 0}
    return [
        {"name": "limit", "in": "query", "required": False, "schema": limit},
        {"name": "offset", "in": "query", "required": False, "schema": offset},
    ]


def _good(description: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description, "headers": headers(EVERY_ANSWER)}
    return answer if description.endswith("ed.") else {**answer, "content": {"application/json": {"schema": ROWS}}}


def _refused() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/RestError"}}}
    return {status: {"description": description, "content": content} for status, description in REFUSED.items()}
