"""Portable JSON Schemas of tool arguments and results: no references, no titles, one plain type per schema.

Every client loads all of them before its first call, so they hold only what a model needs to call and to read; further
limits are in the refusals of bad arguments.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Settle = Callable[[dict[str, Any]], None]
"""A step that completes the default and the type of a schema, after its parts."""
NULL = {"type": "null"}
NOISE = frozenset({"$defs", "title", "minLength", "maxLength", "pattern"})
NAMED_SCHEMAS = frozenset({"properties", "patternProperties"})
"""Keywords whose members are names of ours, where `title` is a property and not noise."""


class _Numbers(GenerateJsonSchema):
    """A generator that describes a decimal as a number only, without pydantic's alternative of a text."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        number: JsonSchemaValue = super().decimal_schema(schema)["anyOf"][0]
        return number

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe arguments, without the null of optional ones, because their absence means the same in fewer bytes.

    In a model with `absence_counts`, null clears a value and absence does not, so the schema keeps null.
    """
    raw = model.model_json_schema(schema_generator=_Numbers)
    settle = _with_null if getattr(model, "absence_counts", False) else _without_null
    return _portable(raw, raw.get("$defs", {}), settle) | {"additionalProperties": False}


def record_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Describe a result with all its nested members."""
    raw = msgspec.json.schema(struct)
    return _portable(raw, raw["$defs"], _without_default)


def output_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Describe the first level of a result, by name and type; deeper members are seen in a result."""
    raw = msgspec.json.schema(struct)
    named = raw["$defs"]
    members = _inlined(raw, named)["properties"].items()
    kinds = {name: kind for name, member in members if (kind := _kind(_inlined(member, named)))}
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
            portable[keyword] = {name: _portable(member, named, settle) for name, member in value.items()}
        elif keyword == "anyOf":
            portable[keyword] = [_portable(alternative, named, settle) for alternative in value]
        elif isinstance(value, dict) and keyword != "default":
            portable[keyword] = _portable(value, named, settle)
        else:
            portable[keyword] = value
    settle(portable)
    return portable


def _inlined(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    # The description of a definition is a docstring for developers; that beside the reference is for the model.
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
    alternatives = [alternative for alternative in schema.get("anyOf", ()) if alternative != NULL]
    if len(alternatives) == 1:
        del schema["anyOf"]
        schema.update({**alternatives[0], **schema})
    elif alternatives:
        schema["anyOf"] = alternatives
