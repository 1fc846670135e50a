"""Outcomes of a tool call: a result, a refusal that a model can act on, or a question to the client."""

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import ValidationError

from shared.kernel.errors import InsufficientScope, InvalidRequest, Refusal
from shared.kernel.faults import faults_of
from shared.kernel.json import encode

from .registry import Tool

_REMEDIES = {
    "exchange_again": (
        "it was narrowed, and its API key holds {scope}: exchange the key again at agent-auth, without scope"
    ),
    "ask_for_a_key": (
        "ask an owner or admin of the organization for an API key with {scope}, and exchange it at agent-auth"
    ),
    "ask_an_owner": "ask an owner or admin of the organization to do it",
}


class ToolOutcome(msgspec.Struct, frozen=True):
    """`structured` is an encoded JSON object; `content` is an encoded array, in place of a text that repeats it."""

    structured: bytes = b""
    is_error: bool = False
    content: bytes = b""


class InputNeeded(msgspec.Struct, frozen=True):
    """Requests by name for more input from the client, and the argument that would have made them unnecessary."""

    requests: Mapping[str, Mapping[str, Any]]
    argument: str
    state: str | None = None


def refusal_result(body: Mapping[str, Any]) -> ToolOutcome:
    return ToolOutcome(encode(body), is_error=True)


def explain_refusal(tool: Tool, refusal: Refusal) -> Refusal:
    """Add the remedy to the refusal: a wider token of the same key, another key, or a person."""
    if not isinstance(refusal, InsufficientScope):
        return refusal
    granted = ", ".join(refusal.details.get("granted") or ()) or "nothing"
    remedy = _REMEDIES.get(refusal.details.get("remedy", ""), _REMEDIES["ask_for_a_key"]).format(scope=tool.scope)
    message = (
        f"{tool.name} needs the scope {tool.scope}; this token holds {granted}. Do not call it again with this token: "
        f"{remedy}."
    )
    return InsufficientScope(message, **refusal.details)


def invalid_arguments(tool: Tool, fault: ValidationError, sent: object) -> InvalidRequest:
    """Return a refusal with the fault of every argument, and never its value."""
    errors = faults_of(fault, sent)
    reasons = "; ".join(
        f"{error['pointer'][1:].replace('/', '.') or 'arguments'}: {error['message']}" for error in errors
    )
    return InvalidRequest(
        f"{reasons}. {tool.name} takes: {', '.join(tool.arguments.model_fields)}. Mend this and call again.",
        errors=errors,
    )
