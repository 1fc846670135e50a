"""The paths of surfaces: functions that speak a protocol of their own and thus declare no models."""

import re
from typing import Any

from functions.discovery.table import DOCUMENTS
from functions.media_upload.main import Query
from infra.documents.parts import EVERY_ANSWER, headers, refused_with
from infra.documents.schemas import Components, Schema
from shared.domain.media.models import MediaLink
from shared.platform.mcp.eras import LEGACY, MODERN

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
    "missing_token", "invalid_token", "key_is_not_a_token", "key_revoked", "session_ended",
    "account_banned", "account_gone", "wrong_credential", "forbidden_origin",
    "no_organization", "plan_limit_exceeded", "method_not_allowed", "not_acceptable", "payload_too_large",
    "request_timeout", "unsupported_media_type", "rate_limit_exceeded", "internal_error", "unavailable", "busy",
    "too_many_at_once", "overloaded",
)  # fmt: skip

META_WEBHOOKS = ("meta-webhook", "whatsapp-webhook", "wa-webhook", "whatsapp-status-webhook")
UPLOAD_REFUSALS = (
    "missing_token", "invalid_token", "key_is_not_a_token", "key_revoked", "session_ended",
    "account_banned", "account_gone", "wrong_credential", "insufficient_scope",
    "no_organization", "plan_limit_exceeded", "method_not_allowed", "invalid_request", "payload_too_large",
    "request_timeout",
    "unknown_file_type", "empty_file", "rate_limit_exceeded", "internal_error", "unavailable", "busy",
    "too_many_at_once", "overloaded",
    "blobs_not_configured",
)  # fmt: skip


def add(paths: dict[str, Any], components: Components) -> None:
    components.schemas["McpRequest"], components.schemas["McpAnswer"] = MCP_REQUEST, MCP_ANSWER
    paths["/functions/v1/mcp-server"] = {"post": _mcp()}
    paths["/functions/v1/media-upload"] = {"post": _upload(components)}
    paths["/functions/v1/media-file"] = {"get": _file()}
    paths["/graphql/v1"] = {"post": _unserved("graphql", "GraphQL")}
    paths["/realtime/v1/websocket"] = {"get": _unserved("realtime", "Realtime")}
    for name in META_WEBHOOKS:
        paths[f"/functions/v1/{name}"] = {"get": _verification(name), "post": _webhook(name)}
    for path, document in DOCUMENTS.items():
        paths[path] = {"get": _document(path, document.media_type, document.told)}


def _mcp() -> dict[str, Any]:
    message = {"$ref": "#/components/schemas/McpRequest"}
    answer = {"$ref": "#/components/schemas/McpAnswer"}
    version = {
        "name": "MCP-Protocol-Version",
        "in": "header",
        "description": "Which protocol version the message is of; 2025-03-26 where it is left out.",
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
            "202": {"description": "A notification was taken; there is no answer.", "headers": headers(EVERY_ANSWER)},
            "400": _json("Not a message of its protocol version.", answer),
            "404": _json("Its protocol version has no such method.", answer),
            **refused_with(*MCP_REFUSALS),
        },
    }


def _upload(components: Components) -> dict[str, Any]:
    link = components.result(MediaLink, "MediaUpload")
    return {
        "operationId": "media-upload",
        "tags": ["Messages"],
        "summary": "Put up a file to send; the body is the file's bytes",
        "description": "The same file put up again is the same file: 200 instead of 201, and its first id.",
        "security": [{"agent": ["write"]}, {"person": []}],
        "parameters": components.parameters(Query),
        "requestBody": {"required": True, "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        "responses": {
            "200": _json("The file was there already.", link),
            "201": _json("The file is stored.", link),
            **refused_with(*UPLOAD_REFUSALS),
        },
    }


def _file() -> dict[str, Any]:
    said = [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
        for name in ("key", "type", "name", "inline", "expires", "signature")
    ]
    content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "media-file",
        "tags": ["Messages"],
        "summary": "A file, to whoever has a link from media-link that has not ended",
        "description": "Take the link as it was given: each of its parameters is signed.",
        "security": [],
        "parameters": said,
        "responses": {
            "200": {"description": "The file.", "content": content},
            "206": {"description": "The part of it that Range asks for.", "content": content},
            **refused_with(
                "method_not_allowed",
                "not_found",
                "range_not_satisfiable",
                "rate_limit_exceeded",
                "internal_error",
                "unavailable",
            ),
        },
    }


def _unserved(name: str, told: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["Integrations"],
        "summary": f"{told} is not served by this host",
        "security": [{"apikey": []}],
        "responses": refused_with(
            "missing_project_key", "unknown_project_key", "rate_limit_exceeded", "not_served", "internal_error"
        ),
    }


def _verification(name: str) -> dict[str, Any]:
    said = [
        {"name": f"hub.{part}", "in": "query", "required": True, "schema": {"type": "string"}}
        for part in ("mode", "verify_token", "challenge")
    ]
    return {
        "operationId": f"{name}-verification",
        "tags": ["Integrations"],
        "summary": "Answer the challenge by which Meta makes sure that the address is ours",
        "security": [],
        "parameters": said,
        "responses": {
            "200": {"description": "The challenge.", "content": {"text/plain": {"schema": {"type": "string"}}}},
            **refused_with("verification_failed", "rate_limit_exceeded", "internal_error"),
        },
    }


def _webhook(name: str) -> dict[str, Any]:
    kept: Schema = {"type": "object", "properties": {"received": {"const": True}}, "required": ["received"]}
    return {
        "operationId": name,
        "tags": ["Integrations"],
        "summary": "Receive what WhatsApp, Messenger and Instagram tell us",
        "description": "The body is kept before it is answered and read afterwards: nothing in it is ever refused.",
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "200": _json("The body is kept.", kept),
            **refused_with(
                "bad_signature", "method_not_allowed", "payload_too_large", "request_timeout",
                "rate_limit_exceeded", "internal_error", "unavailable", "busy", "too_many_at_once", "overloaded",
            ),
        },
    }  # fmt: skip


def _document(path: str, media_type: str, told: str) -> dict[str, Any]:
    schema: Schema = (
        {"type": "object"} if media_type in {"application/json", "application/yaml"} else {"type": "string"}
    )
    return {
        "operationId": "-".join(["document", *re.findall(r"[a-z0-9]+", path)]),
        "tags": ["Agents"],
        "summary": told,
        "security": [],
        "responses": {
            "200": {"description": "The document.", "content": {media_type: {"schema": schema}}},
            "304": {"description": "It has not changed since the one whose ETag you sent in If-None-Match."},
            **refused_with("method_not_allowed", "rate_limit_exceeded", "internal_error"),
        },
    }


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {
        "description": description,
        "headers": headers(EVERY_ANSWER),
        "content": {"application/json": {"schema": schema}},
    }
