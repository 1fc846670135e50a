"""The faults of a value that a model of pydantic refuses, in terms of the value and not of the model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_MOST = 20
_OBJECT = "Input should be a JSON object"
_SHAPES = {
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": "Input should be a JSON array",
}
_OURS = "Value error, "


def faults_of(refused: "ValidationError", value: object) -> list[dict[str, str]]:
    """Return pointer and message of the first 20 faults of `value`, without any part of it.

    A pointer has the names of the value alone. What the members of a union say about one value is one fault.
    """
    messages: dict[str, list[str]] = {}
    for detail in refused.errors(include_url=False, include_context=False, include_input=False):
        found = messages.setdefault(_pointer(detail, value), [])
        if (message := message_of(detail)) not in found:
            found.append(message)
    return [{"pointer": pointer, "message": "; or ".join(found)} for pointer, found in messages.items()][:_MOST]


def message_of(detail: "ErrorDetails") -> str:
    """Return the message without words about Python."""
    return _SHAPES.get(detail["type"]) or detail["msg"].removeprefix(_OURS)


def _pointer(detail: "ErrorDetails", value: Any) -> str:
    """Return the place as a JSON pointer (RFC 6901); pydantic's also has the members of unions that it tries."""
    parts = []
    for part in detail["loc"]:
        if _has(value, part):
            value = value[part]
        elif detail["type"] != "missing" or part != detail["loc"][-1]:
            continue
        parts.append(str(part).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in parts)


def _has(value: Any, part: int | str) -> bool:
    if isinstance(value, Mapping):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)
