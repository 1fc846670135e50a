"""The two eras of MCP: with a handshake (versions up to 2025-11-25), and with self-contained requests."""

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from .envelope import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, Notification, RpcError, RpcRequest

LEGACY = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = ("2026-07-28",)
ASSUMED = "2025-03-26"
"""The version of a request without a version header."""

HEADER_MISMATCH = -32020
MISSING_CLIENT_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022

META = "io.modelcontextprotocol/"
VERSION_KEY = META + "protocolVersion"
CAPABILITIES_KEY = META + "clientCapabilities"
SERVER_KEY = META + "serverInfo"

VERSION_HEADER = "mcp-protocol-version"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""Methods that repeat a parameter in the header Mcp-Name."""

STATUSES = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    METHOD_NOT_FOUND: 404,
    HEADER_MISMATCH: 400,
    MISSING_CLIENT_CAPABILITY: 400,
    UNSUPPORTED_VERSION: 400,
}
"""HTTP statuses of modern errors; any other code has the status 200."""


class Era(msgspec.Struct, frozen=True):
    version: str
    modern: bool

    @property
    def batches(self) -> bool:
        return self.version == ASSUMED and not self.modern

    @property
    def structures_refusals(self) -> bool:
        """Whether refusals have structured content, which clients of two versions check by the output schema."""
        return self.version not in {"2025-06-18", "2025-11-25"}

    def status(self, code: int) -> int:
        if self.modern:
            return STATUSES.get(code, 200)
        return 400 if code in {PARSE_ERROR, INVALID_REQUEST} else 200


def era_of_headers(headers: Mapping[str, str]) -> Era:
    return _era(headers.get(VERSION_HEADER, ASSUMED))


@lru_cache
def _era(header: str) -> Era:
    version = header.strip()
    return Era(version, modern=version not in LEGACY)


def era_of(message: Notification | None, headers: Mapping[str, str]) -> Era:
    """Return the era: a request that names its version in `_meta` is modern, whatever its header says."""
    if message and VERSION_KEY in message.meta:
        return Era(str(message.meta[VERSION_KEY]), modern=True)
    return era_of_headers(headers)


def check_modern_request(message: RpcRequest, headers: Mapping[str, str]) -> None:
    """Check the metadata, then the headers against the body, then the version."""
    missing = [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in message.meta]
    if missing:
        raise RpcError(INVALID_PARAMS, f"Invalid params: _meta lacks {' and '.join(missing)}")
    if not isinstance(message.meta[CAPABILITIES_KEY], dict):
        raise RpcError(INVALID_PARAMS, f"Invalid params: {CAPABILITIES_KEY} is an object")
    _check_header(headers, VERSION_HEADER, message.meta[VERSION_KEY], "the version in _meta")
    _check_header(headers, "mcp-method", message.method, "the method of the body")
    named = NAMED.get(message.method)
    if named and message.params:
        _check_header(headers, "mcp-name", message.params.get(named), f"params.{named}")
    check_version(message.meta[VERSION_KEY])


def check_version(requested: str) -> None:
    if requested not in MODERN:
        supported: dict[str, Any] = {"supported": list(MODERN), "requested": requested}
        raise RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", supported)


def _check_header(headers: Mapping[str, str], name: str, expected: object, meaning: str) -> None:
    sent = headers.get(name)
    if sent is None:
        raise RpcError(HEADER_MISMATCH, f"Header mismatch: {name} is missing; it repeats {meaning}")
    if decode_header(sent) != expected:
        raise RpcError(HEADER_MISMATCH, f"Header mismatch: {name} differs from {meaning}")


def decode_header(value: str) -> str | None:
    """Return a header's value, decoded if it has the form =?base64?…?=; None if that is invalid."""
    value = value.strip()
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    encoded = value[len("=?base64?") : -len("?=")]
    try:
        decoded = base64.b64decode(encoded, validate=True)
        return decoded.decode() if base64.b64encode(decoded).decode() == encoded else None
    except (binascii.Error, ValueError):
        return None
