"""What a tool call comes to: a result, a refusal that a model can act on, or a question back to the client."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.kernel.json import encode

from .registry import Tool


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """`structured` is an encoded JSON object; `content` is an encoded array where text that repeats it will not do."""

    structured: bytes = b""
    is_error: bool = False
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class InputNeeded:
    """More is needed from the client's side: requests by name, and the argument that would have made them needless."""

    requests: Mapping[str, Mapping[str, Any]]
    argument: str
    state: str | None = None


def refused(body: Mapping[str, Any]) -> ToolOutcome:
    return ToolOutcome(encode(body), is_error=True)


def lacking_scope(tool: Tool, held: Collection[str]) -> ToolOutcome:
    message = (
        f"{tool.name} needs the scope {tool.scope}, this token has: {', '.join(sorted(held)) or 'none'}. "
        "Do not retry. An owner or admin of the organization can issue a key with that scope where the plan allows it; "
        "exchange it at agent-auth for a new token."
    )
    return refused(
        {
            "error": "insufficient_scope",
            "message": message,
            "required_scope": tool.scope,
            "scopes": sorted(held),
        }
    )


def invalid_arguments(tool: Tool, failure: ValidationError) -> ToolOutcome:
    """Names what is wrong with each argument, never its value."""
    problems = [
        {"argument": ".".join(map(str, each["loc"])), "problem": each["msg"]}
        for each in failure.errors(include_url=False, include_context=False, include_input=False)
    ]
    told = "; ".join(f"{each['argument'] or 'arguments'}: {each['problem']}" for each in problems)
    taken = ", ".join(tool.arguments.model_fields)
    message = f"{told}. {tool.name} takes: {taken}. Mend this and call again."
    return refused({"error": "invalid_request", "message": message, "arguments": problems})
