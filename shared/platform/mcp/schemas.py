"""Portable JSON Schemas of tool arguments and results: no references, no titles, one plain type per schema.

Every client loads all of them before its first call, so they say what a model needs in order to call and to read, and
leave to the refusal of a bad argument what it would only need then.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Settle = Callable[[dict[str, Any]], None]
"""What becomes of a schema's default and type, once its parts are portable."""
NULL = {"type": "null"}
NOISE = frozenset({"$defs", "title", "minLength", "maxLength", "pattern"})
NAMED_SCHEMAS = frozenset({"properties", "patternProperties"})
"""Keywords whose members are names chosen by us: `title` is a property there, not noise."""


class _Numbers(GenerateJsonSchema):
    """A generator without alternatives: pydantic also offers a decimal as text; a model only sees the number."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        number: JsonSchemaValue = super().decimal_schema(schema)["anyOf"][0]
        return number

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe arguments; an optional one loses its null alternative: leaving it out says the same in fewer bytes.

    Where the model says `absence_counts`, null is a value of its own (it clears), and the schema keeps it.
    """
    raw = model.model_json_schema(schema_generator=_Numbers)
    settle = _with_null if getattr(model, "absence_counts", False) else _without_null
    return _portable(raw, raw.get("$defs", {}), settle) | {"additionalProperties": False}


def record_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Describe all that a result holds, however deep."""
    raw = msgspec.json.schema(struct)
    return _portable(raw, raw["$defs"], _without_default)


def output_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Describe the members that every result has, by name and kind; the rest is seen in a result."""
    raw = msgspec.json.schema(struct)
    named = raw["$defs"]
    members = _inlined(raw, named)["properties"].items()
    kinds = {name: kind for name, each in members if (kind := _kind(_inlined(each, named)))}
    return {"type": "object", "properties": kinds}


def _kind(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        return {}
    kind = "number" if schema.get("format") == "decimal" else schema.get("type", "string")
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"type": kind, **described}


def _portable(schema: dict[str, Any], named: dict[str, Any], settle: Settle) -> dict[str, Any]:
    portable: dict[str, Any] = {}
    for keyword, value in _inlined(schema, named).items():
        if keyword in NOISE or (keyword == "additionalProperties" and value is False):
            continue
        if keyword in NAMED_SCHEMAS:
            portable[keyword] = {name: _portable(each, named, settle) for name, each in value.items()}
        elif keyword == "anyOf":
            portable[keyword] = [_portable(each, named, settle) for each in value]
        elif isinstance(value, dict) and keyword != "default":
            portable[keyword] = _portable(value, named, settle)
        else:
            portable[keyword] = value
    settle(portable)
    return portable


def _inlined(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    # The description of a definition is a docstring for developers; what stands beside the reference is for the reader.
    target = {key: value for key, value in named[schema["$ref"].rpartition("/")[2]].items() if key != "description"}
    return target | {key: value for key, value in schema.items() if key not in {"$ref", "$defs"}}


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)
    if schema.get("format") == "decimal":
        del schema["format"]
        schema["type"] = "number"


def _with_null(schema: dict[str, Any]) -> None:
    if schema.get("default", NULL) is None:
        del schema["default"]


def _without_null(schema: dict[str, Any]) -> None:
    if "default" not in schema or schema["default"] is not None:
        return
    del schema["default"]
    alternatives = [each for each in schema.get("anyOf", ()) if each != NULL]
    if len(alternatives) == 1:
        del schema["anyOf"]
        schema.update({**alternatives[0], **schema})
    elif alternatives:
        schema["anyOf"] = alternatives
