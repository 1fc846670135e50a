"""Arguments that clients repeat in headers, for routers that do not read bodies."""

from collections.abc import Mapping
from typing import Any

from .envelope import RpcError
from .registry import Tool
from .versions import HEADER_MISMATCH, decode_header


def check_parameter_headers(tool: Tool, arguments: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """Refuse a call whose headers and arguments differ."""
    for argument, token in tool.parameter_headers.items():
        sent = headers.get(f"mcp-param-{token.lower()}")
        expected = _header_value(arguments.get(argument))
        if (None if sent is None else decode_header(sent)) != expected or (sent is not None and expected is None):
            raise RpcError(HEADER_MISMATCH, f"Header mismatch: Mcp-Param-{token} and the argument {argument} differ")


def _header_value(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
