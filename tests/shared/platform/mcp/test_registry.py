"""What tools and resources look like in a list, and which declarations are refused."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import jsonschema
import msgspec
import pytest
from pydantic import BaseModel, Field, ValidationError

from shared.platform.mcp.registry import (
    Arguments,
    LazyMapping,
    Registry,
    ToolContext,
    WriteArguments,
    resource,
    tool,
)
from shared.platform.mcp.schemas import input_schema, output_schema, record_schema


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    """For developers."""

    sku: str = Field(min_length=1, description="SKU")
    quantity: Decimal = Field(gt=0)


class Order(Arguments):
    title: str
    colour: Colour | None = None
    lines: list[Line] = Field(min_length=1, description="What is ordered")
    note: str | None = Field(default=None, description="null clears it")
    limit: int = Field(default=25, ge=1, le=100)


class ChangedOrder(Order):
    absence_counts: ClassVar[bool] = True


class Part(msgspec.Struct, frozen=True):
    """For developers."""

    id: UUID
    price: Decimal | None
    colour: Colour


class Whole(msgspec.Struct, frozen=True):
    title: str
    kind: Literal["a", "b"]
    total: Decimal
    at: Annotated[dt.datetime, msgspec.Meta(tz=True, description="in UTC")]
    parts: list[Part]
    note: str | None = None
    part: Part | msgspec.UnsetType = msgspec.UNSET


def keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(keywords, schema))
    if not isinstance(schema, dict):
        return set()
    inner = [value for name, value in schema.items() if name not in {"properties", "required", "enum"}]
    return set(schema) | keywords(inner) | keywords(list(schema.get("properties", {}).values()))


@pytest.mark.parametrize(
    "schema", [input_schema(Order), input_schema(ChangedOrder), output_schema(Whole), record_schema(Whole)]
)
def test_a_schema_is_portable(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert not keywords(schema) & {"$ref", "$defs", "title"}
    assert "For developers" not in str(schema)
    assert "'type': [" not in str(schema)


def test_an_argument_that_may_be_left_out_has_no_null_unless_null_clears():
    assert input_schema(Order)["properties"] == {
        "title": {"type": "string"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "lines": {
            "type": "array",
            "minItems": 1,
            "description": "What is ordered",
            "items": {
                "type": "object",
                "properties": {
                    "sku": {"type": "string", "description": "SKU"},
                    "quantity": {"type": "number", "exclusiveMinimum": 0},
                },
                "required": ["sku", "quantity"],
            },
        },
        "note": {"type": "string", "description": "null clears it"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
    }
    note = {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "null clears it"}
    assert input_schema(ChangedOrder)["properties"]["note"] == note


def test_a_result_is_outlined_by_the_members_that_it_always_has():
    assert output_schema(Whole) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "kind": {"type": "string"},
            "total": {"type": "number"},
            "at": {"type": "string", "description": "in UTC"},
            "parts": {"type": "array"},
            "part": {"type": "object"},
        },
    }


def test_a_record_is_described_in_full_where_there_is_room():
    part = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "price": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "colour": {"enum": ["blue", "red"]},
        },
        "required": ["id", "price", "colour"],
    }
    described = record_schema(Whole)["properties"]
    assert (described["parts"], described["part"]) == ({"type": "array", "items": part}, part)
    assert described["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_a_listing_has_a_fixed_order_and_is_made_once_per_scope_set(server):
    registry = server.registry
    listed = [each["name"] for each in msgspec.json.decode(registry.listed_tools({"read", "write"}))]
    assert listed == ["greet", "rename"]
    assert registry.listed_tools(["write", "read"]) is registry.listed_tools({"read", "write"})


def test_a_listed_tool_says_what_it_does_to_the_world(server):
    greet, rename = msgspec.json.decode(server.registry.listed_tools({"read", "write"}))
    assert (greet["title"], greet["description"]) == ("Greet", "Greet somebody by name.")
    assert greet["annotations"] == {"readOnlyHint": True, "openWorldHint": False}
    assert rename["annotations"] == {"destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
    assert "idempotency_key" in rename["inputSchema"]["properties"]


async def undocumented(_call: ToolContext, arguments: Order) -> Whole:
    raise NotImplementedError


async def documented(_call: ToolContext, arguments: Order) -> Whole:
    """Do."""
    raise NotImplementedError


async def unstructured(_call: ToolContext, arguments: WriteArguments) -> dict[str, str]:
    """Do."""
    return {}


@pytest.mark.parametrize(
    ("function", "scope"), [(undocumented, "read"), (documented, "write"), (unstructured, "write")]
)
def test_a_tool_without_docstring_write_arguments_or_struct_is_refused(function, scope):
    with pytest.raises(TypeError):
        tool(scope=scope, title="Do")(function)


class Kept(msgspec.Struct, frozen=True):
    text: str


@pytest.mark.parametrize(
    ("scope", "declared", "hints"),
    [
        ("read", {}, {"readOnlyHint": True, "openWorldHint": False}),
        ("read", {"open_world": True}, {"readOnlyHint": True}),
        ("write", {}, {"destructiveHint": False, "openWorldHint": False}),
        ("write", {"destructive": True, "open_world": True}, {}),
        ("admin", {"idempotent": True}, {"destructiveHint": False, "idempotentHint": True, "openWorldHint": False}),
    ],
)
def test_a_tool_gives_only_hints_that_differ_from_what_is_assumed(scope, declared, hints):
    async def nexus_keep(_call: ToolContext, arguments: WriteArguments) -> Kept:
        """Keep
        a text.
        """
        raise NotImplementedError

    kept = tool(scope=scope, title="Keep", **declared)(nexus_keep)
    assert (kept.name, kept.title, kept.description, kept.scope) == ("nexus_keep", "Keep", "Keep a text.", scope)
    assert (kept.arguments, kept.result, kept.run) == (WriteArguments, Kept, nexus_keep)
    assert dict(kept.hints) == hints


def test_a_resource_is_listed_as_it_is_declared():
    async def read(_call: ToolContext) -> str:
        raise NotImplementedError

    made = resource("test://a", name="a", title="A", description="What a is", scope="admin")(read)
    assert made.definition == {
        "uri": "test://a",
        "name": "a",
        "title": "A",
        "description": "What a is",
        "mimeType": "application/json",
    }
    registry = Registry(tools={}, resources={made.uri: made})
    assert msgspec.json.decode(registry.listed_resources({"read", "write"})) == []
    assert msgspec.json.decode(registry.listed_resources({"admin", "other"})) == [made.definition]
    assert registry.listed_tools({"admin"}) == b"[]"


@pytest.mark.parametrize("text", ["a\0b", {"name": "\0"}, {"lines": [{"sku": ["\0"]}]}])
def test_text_that_postgres_does_not_keep_is_refused(text):
    class Anything(Arguments):
        value: Any = None

    with pytest.raises(ValidationError, match="U\\+0000"):
        Anything.model_validate({"value": text})
    assert Anything.model_validate({"value": {"lines": ["a", 1, None]}}).value == {"lines": ["a", 1, None]}


def test_an_entry_is_imported_when_it_is_looked_up_and_once():
    entries = LazyMapping[Any]("shared.platform.mcp", {"one": (".registry", "NAME"), "two": (".nowhere", "X")})
    assert (list(entries), len(entries), "two" in entries, "three" in entries) == (["one", "two"], 2, True, False)
    assert entries["one"] is entries["one"]
    assert entries["one"].fullmatch("nexus_keep")
    with pytest.raises(ModuleNotFoundError):
        assert entries["two"]
    with pytest.raises(KeyError):
        assert entries["three"]
