"""JSON Schemas of request models (pydantic) and results (msgspec) as the components of one OpenAPI document."""

from typing import Any

import msgspec
from pydantic import BaseModel

from infra.documents.field_docstrings import field_docstrings
from shared.edge.documentation import Schema

REFERENCE = "#/components/schemas/"


class Components:
    """Named schemas; a name has one meaning."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def request(self, model: type[BaseModel], name: str) -> Schema:
        return self._add(name, self._inlined(model))

    def named(self, name: str, schema: Schema) -> Schema:
        return self._add(name, schema)

    def result(self, kind: Any, name: str) -> Schema:
        (root,), definitions = msgspec.json.schema_components([kind], ref_template=REFERENCE + "{name}")
        own = root["$ref"].removeprefix(REFERENCE)
        docstrings = field_docstrings(kind)
        for component, definition in definitions.items():
            for field, text in docstrings.get(component, {}).items():
                definition["properties"][field].setdefault("description", text)
            self._add(name if component == own else component, definition)
        return {"$ref": REFERENCE + name}

    def parameters(self, model: type[BaseModel]) -> list[Schema]:
        """Return the fields of a model that is read from the query."""
        schema = self._inlined(model)
        required = schema.get("required", [])
        return [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                **({"description": description} if (description := field.pop("description", None)) else {}),
                "schema": _plain(field),
            }
            for name, field in schema["properties"].items()
        ]

    def _inlined(self, model: type[BaseModel]) -> Schema:
        """Return the model's schema, and add the models it refers to as components."""
        schema = model.model_json_schema(ref_template=REFERENCE + "{model}")
        for name, definition in schema.pop("$defs", {}).items():
            self._add(name, definition)
        return schema

    def _add(self, name: str, schema: Schema) -> Schema:
        plain: Schema = _plain(schema)
        if self.schemas.setdefault(name, plain) != plain:
            raise ValueError(f"two schemas are called {name}")
        return {"$ref": REFERENCE + name}


def _plain(schema: Any) -> Any:
    """Return the schema without titles that only repeat names, and with decimals as numbers, as answers have them."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    # A property called title is a schema; only titles that are text are removed.
    return {key: _plain(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
