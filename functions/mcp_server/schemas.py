"""Portable JSON Schemas of tool arguments and results: no references, no titles, one plain type per schema."""

from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

NULL = {"type": "null"}
NOISE = frozenset({"$defs", "title"})
NAMED_SCHEMAS = frozenset({"properties", "patternProperties"})
"""Keywords whose members are names chosen by us: `title` is a property there, not noise."""


class _Numbers(GenerateJsonSchema):
    """Pydantic also offers a decimal as text; a model is only told the number."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        number: JsonSchemaValue = super().decimal_schema(schema)["anyOf"][0]
        return number

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def clearable(schema: dict[str, Any]) -> None:
    """For `Field(json_schema_extra=clearable)`: null is a value of its own here (it clears), so the schema keeps it."""
    schema.pop("default", None)


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """An argument that may be left out loses its null alternative: leaving it out says the same in fewer bytes."""
    raw = model.model_json_schema(schema_generator=_Numbers)
    return _portable(raw, raw.get("$defs", {}))


def output_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    raw = msgspec.json.schema(struct)
    return _portable(raw, raw.get("$defs", {}), keep_defaults=False)


def _portable(schema: dict[str, Any], named: dict[str, Any], *, keep_defaults: bool = True) -> dict[str, Any]:
    schema = _inlined(schema, named)
    portable: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in NOISE:
            continue
        if keyword in NAMED_SCHEMAS:
            portable[keyword] = {
                name: _portable(each, named, keep_defaults=keep_defaults) for name, each in value.items()
            }
        elif isinstance(value, dict) and keyword != "default":
            portable[keyword] = _portable(value, named, keep_defaults=keep_defaults)
        elif keyword == "anyOf":
            portable[keyword] = [_portable(each, named, keep_defaults=keep_defaults) for each in value]
        else:
            portable[keyword] = value
    _plain_type(portable)
    if keep_defaults:
        _without_null_default(portable)
    else:
        portable.pop("default", None)
    return portable


def _inlined(schema: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    # The description of a definition is a docstring for developers; what stands beside the reference is for the reader.
    target = {key: value for key, value in named[schema["$ref"].rpartition("/")[2]].items() if key != "description"}
    return target | {key: value for key, value in schema.items() if key not in {"$ref", "$defs"}}


def _plain_type(schema: dict[str, Any]) -> None:
    if schema.get("format") == "decimal":
        schema.pop("format")
        schema["type"] = "number"
    if "enum" in schema and "type" not in schema and all(isinstance(value, str) for value in schema["enum"]):
        schema["type"] = "string"


def _without_null_default(schema: dict[str, Any]) -> None:
    if "default" not in schema or schema["default"] is not None:
        return
    del schema["default"]
    alternatives = [each for each in schema.get("anyOf", ()) if each != NULL]
    if len(alternatives) == 1:
        del schema["anyOf"]
        schema.update({**alternatives[0], **schema})
    elif alternatives:
        schema["anyOf"] = alternatives
