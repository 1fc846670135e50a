"""JSON-RPC 2.0 envelopes: bytes to a checked message, results and errors to bytes."""

import json
import re
from typing import Any

import msgspec

from shared.kernel.json import encode

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002

MEMBER = re.compile(rb'"\s*:')
DECODE = msgspec.json.Decoder()

RequestId = str | int


class RpcError(Exception):
    """The error that answers a request when there is no result."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class Notification(msgspec.Struct, frozen=True):
    """A message that expects no answer. `params` is None when it carries something other than an object."""

    method: str
    params: dict[str, Any] | None

    @property
    def meta(self) -> dict[str, Any]:
        meta = self.params.get("_meta") if self.params else None
        return meta if isinstance(meta, dict) else {}


class RpcRequest(Notification, frozen=True):
    id: RequestId


def decode(body: bytes) -> Any:
    """Decode any JSON value; refuse a member named twice, because two readers of it would disagree."""
    try:
        message = DECODE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RpcError(PARSE_ERROR, "Parse error: the body is not JSON in UTF-8, or a number is out of range") from None
    except RecursionError:
        raise RpcError(PARSE_ERROR, "Parse error: the body is nested too deeply") from None
    # Every member has one `":` in the text, and so do texts that contain one: only a difference needs the slow check.
    if len(MEMBER.findall(body)) != _count_members(message):
        _refuse_repeated_members(body)
    return message


def read(message: object) -> RpcRequest | Notification | None:
    """Check a message; return None for a posted response, which answers a request that we never made."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'Invalid request: a message is an object with "jsonrpc": "2.0"')
    method, params = message.get("method"), message.get("params", {})
    if method is None and ("result" in message or "error" in message):
        return None
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "Invalid request: method is missing or not a string")
    params = params if isinstance(params, dict) else None
    if "id" not in message:
        return Notification(method, params)
    identity = request_id(message)
    if identity is None:
        raise RpcError(INVALID_REQUEST, "Invalid request: id is a string or an integer")
    return RpcRequest(method, params, identity)


def request_id(message: object) -> RequestId | None:
    """Return the id to answer with, also when the rest of the message is refused; None when it cannot be read."""
    claimed = message.get("id") if isinstance(message, dict) else None
    return claimed if isinstance(claimed, str | int) and not isinstance(claimed, bool) else None


def members(value: object) -> bytes:
    """Encode an object's members without its braces, so that more members can follow."""
    return encode(value)[1:-1]


def success(identity: RequestId | None, result: bytes) -> bytes:
    return b"".join((b'{"jsonrpc":"2.0","id":', encode(identity), b',"result":{', result, b"}}"))


def failure(identity: RequestId | None, error: RpcError) -> bytes:
    described: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        described["data"] = error.data
    return encode({"jsonrpc": "2.0", "id": identity, "error": described})


def _count_members(value: object) -> int:
    count, pending = 0, [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            count += len(node)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return count


def _refuse_repeated_members(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_check_unique)
    except RecursionError:
        raise RpcError(PARSE_ERROR, "Parse error: the body is nested too deeply") from None


def _check_unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise RpcError(PARSE_ERROR, "Parse error: an object names the same member twice")
