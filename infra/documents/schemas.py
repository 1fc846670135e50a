"""JSON Schemas of request models (pydantic) and results (msgspec) as the components of one OpenAPI document."""

from typing import Any

import msgspec
from pydantic import BaseModel

PLACE = "#/components/schemas/"
Schema = dict[str, Any]


class Components:
    """Named schemas; a name has one meaning."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def request(self, model: type[BaseModel], name: str) -> Schema:
        return self._add(name, self._inlined(model))

    def result(self, kind: Any, name: str) -> Schema:
        (root,), definitions = msgspec.json.schema_components([kind], ref_template=PLACE + "{name}")
        own = root["$ref"].removeprefix(PLACE)
        for each, definition in definitions.items():
            self._add(name if each == own else each, definition)
        return {"$ref": PLACE + name}

    def parameters(self, model: type[BaseModel]) -> list[Schema]:
        """Return the fields of a model that is read from the query."""
        schema = self._inlined(model)
        required = schema.get("required", [])
        return [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                **({"description": told} if (told := field.pop("description", None)) else {}),
                "schema": _plain(field),
            }
            for name, field in schema["properties"].items()
        ]

    def _inlined(self, model: type[BaseModel]) -> Schema:
        """Return the model's schema, and add the models it refers to as components."""
        schema = model.model_json_schema(ref_template=PLACE + "{model}")
        for name, definition in schema.pop("$defs", {}).items():
            self._add(name, definition)
        return schema

    def _add(self, name: str, schema: Schema) -> Schema:
        plain: Schema = _plain(schema)
        if self.schemas.setdefault(name, plain) != plain:
            raise ValueError(f"two schemas are called {name}")
        return {"$ref": PLACE + name}


def _plain(schema: Any) -> Any:
    """Return the schema without titles that only repeat names, and with decimals as numbers, as answers have them."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    # A property may be called title: it is a schema, the noise is text.
    return {key: _plain(each) for key, each in schema.items() if not (key == "title" and isinstance(each, str))}
