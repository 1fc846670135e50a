"""The paths of surfaces: functions with a protocol of their own, which therefore declare no models."""

import re
from collections.abc import Iterable
from typing import Any

from functions.discovery.table import DOCUMENTS, Document
from functions.media_upload.main import Query
from infra.documents.answers import COUNTED, of_callers, of_route
from infra.documents.parts import EVERY_ANSWER, headers, refused_with
from infra.documents.schemas import Components, Schema
from shared.domain.media.models import MediaLink
from shared.edge.routing import ANY
from shared.edge.spec import FunctionKind, Spec
from shared.platform.mcp.versions import LEGACY, MODERN

MCP_REQUEST: Schema = {
    "type": "object",
    "description": "One JSON-RPC 2.0 message of the Model Context Protocol.",
    "required": ["jsonrpc", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "method": {"type": "string", "examples": ["tools/list", "tools/call", "resources/read"]},
        "params": {"type": "object"},
    },
}
MCP_ANSWER: Schema = {
    "type": "object",
    "required": ["jsonrpc", "id"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "result": {"type": "object"},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "integer"}, "message": {"type": "string"}, "data": {}},
        },
    },
}
MCP_REFUSALS = (
    "forbidden_origin", "not_acceptable", "unsupported_media_type",
    "key_revoked", "no_organization", "plan_limit_exceeded", "method_not_allowed", "payload_too_large",
    "request_timeout", "unavailable", "busy", "too_many_at_once", "overloaded",
)  # fmt: skip
"""Refusals over HTTP of the protocol core and the tenant's transaction, which no route declares."""


def add(paths: dict[str, Any], components: Components, specs: Iterable[Spec]) -> None:
    declared = {spec.name: spec for spec in specs}
    components.schemas["McpRequest"], components.schemas["McpAnswer"] = MCP_REQUEST, MCP_ANSWER
    paths["/functions/v1/mcp-server"] = {"post": _mcp(declared["mcp-server"])}
    paths["/functions/v1/media-upload"] = {"post": _upload(declared["media-upload"], components)}
    paths["/functions/v1/media-file"] = {"get": _file(declared["media-file"])}
    paths["/graphql/v1"] = {"post": _unserved(declared["unserved"], "graphql", "GraphQL")}
    paths["/realtime/v1/websocket"] = {"get": _unserved(declared["unserved"], "realtime", "Realtime")}
    for spec in declared.values():
        if spec.kind is FunctionKind.WEBHOOK:
            paths[f"/functions/v1/{spec.name}"] = {"get": _verification(spec), "post": _webhook(spec)}
    for path, document in DOCUMENTS.items():
        paths[path] = {"get": _document(declared["discovery"], path, document)}


def _mcp(spec: Spec) -> dict[str, Any]:
    message = {"$ref": "#/components/schemas/McpRequest"}
    answer = {"$ref": "#/components/schemas/McpAnswer"}
    version = {
        "name": "MCP-Protocol-Version",
        "in": "header",
        "description": "The protocol version of the message; default: 2025-03-26.",
        "schema": {"type": "string", "enum": [*LEGACY, *MODERN]},
    }
    return {
        "operationId": "mcp-server",
        "tags": ["Agents"],
        "summary": "The Model Context Protocol, for agents that work through tools",
        "description": "Streamable HTTP in JSON-response mode, stateless. A tool's refusal is a result with `isError`.",
        "security": [{"agent": ["read"]}, {"person": []}],
        "parameters": [version],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {
            "200": _json("The answer.", answer),
            "202": {
                "description": "A notification was accepted; there is no answer.",
                "headers": headers(EVERY_ANSWER),
            },
            "400": _json("Not a message of its protocol version.", answer),
            "404": _json("Its protocol version has no such method.", answer),
            **refused_with(*COUNTED, *MCP_REFUSALS, *of_callers(spec)),
        },
    }


def _upload(spec: Spec, components: Components) -> dict[str, Any]:
    link = components.result(MediaLink, "MediaUpload")
    return {
        "operationId": "media-upload",
        "tags": ["Messages"],
        "summary": "Upload a file to send; the body is the file's bytes",
        "description": "A second upload of the same file answers 200 instead of 201, with its first id.",
        "security": [{"agent": ["write"]}, {"person": []}],
        "parameters": components.parameters(Query),
        "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        "responses": {
            "200": _json("The file existed already.", link),
            "201": _json("The file is stored.", link),
            **_refused(spec, "POST"),
        },
    }


def _file(spec: Spec) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
        for name in ("key", "type", "name", "inline", "expires", "signature")
    ]
    content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "media-file",
        "tags": ["Messages"],
        "summary": "Read a file by a link from media-link that has not expired",
        "description": "Use the link unchanged: each of its parameters is signed.",
        "security": [],
        "parameters": parameters,
        "responses": {
            "200": {"description": "The file.", "content": content},
            "206": {"description": "The part that Range asks for.", "content": content},
            **_refused(spec, "GET"),
        },
    }


def _unserved(spec: Spec, name: str, service: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Integrations"],
        "summary": f"{service} is not served by this host",
        "security": [{"apikey": []}],
        "responses": _refused(spec, ANY),
    }


def _verification(spec: Spec) -> dict[str, Any]:
    parameters = [
        {"name": f"hub.{part}", "in": "query", "required": True, "schema": {"type": "string"}}
        for part in ("mode", "verify_token", "challenge")
    ]
    return {
        "operationId": f"{spec.name}-verification",
        "tags": ["Integrations"],
        "summary": "Answer Meta's challenge, which proves that the address is ours",
        "security": [],
        "parameters": parameters,
        "responses": {
            "200": {"description": "The challenge.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            **_refused(spec, "GET"),
        },
    }


def _webhook(spec: Spec) -> dict[str, Any]:
    kept: Schema = {"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]}
    return {
        "operationId": spec.name,
        "tags": ["Integrations"],
        "summary": "Receive the webhooks of WhatsApp, Messenger and Instagram",
        "description": "The body is stored before the answer and read later: its content is never refused.",
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "200": _json("The body is stored.", kept),
            **_refused(spec, "POST"),
        },
    }


def _document(spec: Spec, path: str, document: Document) -> dict[str, Any]:
    schema: Schema = (
        {"type": "object"} if document.media_type in {"application/json", "application/yaml"} else {"type": "string"}
    )
    return {
        "operationId": "-".join(["document", *re.findall(r"[a-z0-9]+", path)]),
        "tags": ["Agents"],
        "summary": document.summary,
        "security": [],
        "responses": {
            "200": {"description": "The document.", "content": {document.media_type: {"schema": schema}}},
            "304": {"description": "It has not changed since the one whose ETag you sent in If-None-Match."},
            **_refused(spec, "GET"),
        },
    }


def _refused(spec: Spec, method: str) -> dict[str, Any]:
    """Return the refusals of the surface's first route of that method, and those of its callers."""
    route = next(route for route in spec.routes or () if route.method == method)
    return refused_with(*dict.fromkeys(of_route(spec, route)))


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "description": description,
        "headers": headers(EVERY_ANSWER),
        "content": {"application/json": {"schema": schema}},
    }
