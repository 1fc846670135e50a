"""docs/functions.md: every function on one page, from its declaration."""

from collections.abc import Iterable, Iterator

from infra.documents.errors import Code
from infra.documents.refusals import ALWAYS, WITH_BODY, WITH_TOKEN, refusals
from infra.documents.schemas import Components
from shared.edge.documentation import Schema
from shared.edge.spec import Spec
from shared.tenancy.principal import Kind

COMMON = {refusal.code for refusal in (*ALWAYS, *WITH_BODY, *WITH_TOKEN)}
"""The head of the page names them for all functions."""
CALLERS = {
    Kind.AGENT: "agents",
    Kind.USER: "people",
    Kind.SERVICE: "the service",
}
HEAD = """\
# Functions

`{BASE}/functions/v1/<name>`. A body is JSON; an answer is JSON or an [error](errors.md). Every answer has
`X-Request-Id`, and a counted one has `RateLimit` and `RateLimit-Policy`; every write takes `Idempotency-Key`.
`/auth/v1` is described in [auth.md](auth.md), `/storage/v1` in [storage.md](storage.md), the MCP endpoint in
[mcp.md](mcp.md); `{BASE}/openapi.json` has all of it for programs.

For every function: one that needs a token refuses with `missing_token`, `invalid_token`, `key_is_not_a_token` and
`wrong_credential`; one that takes a body with `malformed_json`, `payload_too_large`, `request_timeout` and
`unsupported_media_type`; and all with `method_not_allowed`, `rate_limit_exceeded`, `too_many_at_once`, `busy`,
`overloaded`, `unavailable` and `internal_error`. The others are listed below.

This page is written by `make docs`.
"""


def reference(specs: Iterable[Spec]) -> str:
    ordered = sorted(specs, key=lambda spec: spec.name)
    rows = "\n".join(f"| [{_title(spec)}](#{spec.name}) | {_who(spec)} | {_first(spec)} |" for spec in ordered)
    return "\n".join(
        [HEAD, f"| function | for | what it does |\n| --- | --- | --- |\n{rows}\n", *map(_section, ordered)]
    )


def _section(spec: Spec) -> str:
    parts = [f"## {spec.name}", f"`{spec.method.replace('*', 'any')} {_path(spec)}`: {_first(spec)}"]
    if spec.description:
        parts.append(spec.description)
    parts.append(f"For {_who(spec)}. {_limit(spec)}")
    if spec.has_own_protocol:
        return "\n\n".join(parts) + "\n"
    components = Components()
    if spec.body is not None:
        components.request(spec.body, "taken")
        parts.append(_fields("takes", components.schemas["taken"], required=True))
    if spec.result is not None:
        components.result(spec.result, "given")
        parts.append(_fields(f"answers {spec.status} with", components.schemas["given"], required=False))
    if own := ", ".join(f"`{code.code}`" for code in _own(spec)):
        parts.append(f"Refuses with {own}.")
    return "\n\n".join(parts) + "\n"


def _own(spec: Spec) -> Iterator[Code]:
    """Return the refusals that not every function has."""
    found = (code for codes in refusals(spec).values() for code in codes)
    return (code for code in found if code.code not in COMMON)


def _fields(head: str, schema: Schema, *, required: bool) -> str:
    needed = schema.get("required", []) if required else []
    rows = [
        f"| `{name}`{' (required)' if name in needed else ''} | {_kind(field)} | {field.get('description', '')} |"
        for name, field in schema["properties"].items()
    ]
    return "\n".join([f"| {head} | | |", "| --- | --- | --- |", *rows])


def _kind(field: Schema) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(option) for option in field["anyOf"]))
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    kind = str(field.get("format") or field.get("type", "any"))
    if "items" in field:
        kind = f"array of {_kind(field['items'])}"
    bounds = [f"{bound} {field[key]}" for key, bound in BOUNDS.items() if key in field]
    return ", ".join([kind, *bounds])


BOUNDS = {
    "minLength": "at least",
    "maxLength": "at most",
    "minimum": "from",
    "maximum": "to",
    "minItems": "at least",
    "maxItems": "at most",
    "default": "else",
}


def _title(spec: Spec) -> str:
    return f"{spec.method.replace('*', 'any')} {spec.name}"


def _path(spec: Spec) -> str:
    if spec.routes is None or not (spec.routes.prefix or spec.routes.documentation.address):
        return f"/functions/v1/{spec.name}"
    return spec.routes.documentation.address or f"{spec.routes.prefix}/…"


def _first(spec: Spec) -> str:
    return spec.summary.rstrip(".")


def _who(spec: Spec) -> str:
    if spec.public:
        return "anybody"
    callers = " and ".join(name for kind, name in CALLERS.items() if kind in spec.access)
    scope = "an owner or admin" if spec.scope == "manage" else f"with the scope {spec.scope}"
    return f"{callers}, {scope}" if spec.scope else callers


def _limit(spec: Spec) -> str:
    by = "client address" if spec.rate.by_address else "caller and organization"
    schedule = f" The scheduler calls it every {spec.schedule_s} seconds." if spec.schedule_s else ""
    return f"{spec.rate.limit} requests in {spec.rate.window_s} seconds for each {by}.{schedule}"
