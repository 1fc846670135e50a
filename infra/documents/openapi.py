"""The OpenAPI 3.1 description of every function, from its declaration."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from infra.documents import addresses, operations
from infra.documents.parts import (
    CREDENTIALS,
    ERROR,
    EVERY_ANSWER,
    HEADERS,
    IDEMPOTENCY_KEY,
    SECURITY,
    TAGS,
    headers,
    rate,
    refusal,
)
from infra.documents.refusals import refusals
from infra.documents.schemas import Components
from shared.edge.spec import Spec
from shared.kernel.version import VERSION


def openapi(declared: Iterable[Spec]) -> dict[str, Any]:
    specs = list(declared)
    components = Components()
    components.schemas["Error"] = ERROR
    paths: dict[str, Any] = {}
    for spec in specs:
        if not spec.has_own_protocol:
            paths[f"/functions/v1/{spec.name}"] = {spec.method.lower(): _operation(spec, components)}
    operations.add(paths, components, specs)
    responses = _shared_responses(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nexus",
            "version": VERSION,
            "summary": "Backend of a multi-tenant operations OS, made for AI agents.",
            "description": (
                "Contacts, conversations, orders and inventory of small and medium businesses. An agent registers "
                "itself, exchanges its key for a one-hour token and works through the MCP endpoint or these functions. "
                f"Start at {addresses.BASE}/llms.txt."
            ),
        },
        "servers": [{"url": addresses.BASE}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": responses,
            "securitySchemes": SECURITY,
            "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()},
        },
    }


def _shared_responses(paths: dict[str, Any]) -> dict[str, Any]:
    """Move responses that several operations share out of them: most refusals appear in nearly every one."""
    answered = [operation["responses"] for path in paths.values() for operation in path.values()]
    names = {id(response): _name(status, response) for responses in answered for status, response in responses.items()}
    often = {name for name, count in Counter(names.values()).items() if count > 1}
    shared: dict[str, Any] = {}
    for responses in answered:
        for status, response in responses.items():
            if (name := names[id(response)]) in often:
                shared[name] = response
                responses[status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _name(status: str, response: dict[str, Any]) -> str:
    return f"{status}-{hashlib.sha256(json.dumps(response).encode()).hexdigest()[:8]}"


def _operation(spec: Spec, components: Components) -> dict[str, Any]:
    if spec.tag not in TAGS:
        raise ValueError(f"{spec.name}: {spec.tag} is no tag of the contract")
    return {
        "operationId": spec.name,
        "tags": [spec.tag],
        "summary": spec.summary[:1].upper() + spec.summary[1:],
        **({"description": spec.description} if spec.description else {}),
        "security": _security(spec),
        **_taken(spec, components),
        "responses": _responses(spec, components),
        "x-rate-limit": rate(spec.rate),
        **({"x-schedule-s": spec.schedule_s} if spec.schedule_s else {}),
    }


def _security(spec: Spec) -> list[dict[str, list[str]]]:
    if spec.public:
        return []
    scopes = [str(spec.scope)] if spec.scope else []
    return [{name: scopes} for kind, name in CREDENTIALS.items() if kind in spec.access]


def _taken(spec: Spec, components: Components) -> dict[str, Any]:
    """Return parameters and body."""
    if spec.body is not None and spec.method == "GET":
        return {"parameters": components.parameters(spec.body)}
    taken: dict[str, Any] = {"parameters": [IDEMPOTENCY_KEY]} if spec.tx == "write" else {}
    if spec.body is not None:
        schema = components.request(spec.body, _named(spec, "Request"))
        kinds = ["application/json", *(["application/x-www-form-urlencoded"] if spec.form else [])]
        taken["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    return taken


def _responses(spec: Spec, components: Components) -> dict[str, Any]:
    header_names = [*EVERY_ANSWER, *(["Idempotent-Replayed"] if spec.tx == "write" else [])]
    schema = components.result(spec.result, _named(spec, "Answer"))
    good = {
        "description": "Done.",
        "headers": headers(header_names),
        "content": {"application/json": {"schema": schema}},
    }
    refused = {str(status): refusal(status, codes) for status, codes in refusals(spec).items()}
    return {str(spec.status): good, **refused}


def _named(spec: Spec, suffix: str) -> str:
    return "".join(part.capitalize() for part in spec.name.split("-")) + suffix
