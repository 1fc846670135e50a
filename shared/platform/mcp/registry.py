"""Declarations of tools and resources, and their lists in a fixed order."""

import inspect
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar, get_args, get_type_hints

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .schemas import input_schema, output_schema

if TYPE_CHECKING:
    from shared.runtime.postgres.transaction import Tx
    from shared.tenancy.principal import Principal

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
A = TypeVar("A", bound="Arguments")
R = TypeVar("R", bound=msgspec.Struct)
E = TypeVar("E")
RESULT_BYTES = 24_000
"""The most bytes of a list's encoded rows; a longer list ends there and returns a cursor."""
ASSUMED_HINTS = {"destructiveHint": True, "openWorldHint": True}
"""The protocol's defaults of hints; all others default to false."""
NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class Arguments(BaseModel):
    """Arguments of a tool; unknown names are refused, so that a misspelt filter never widens a list.

    The model is built at the tool's first call, and not at the start of every process.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, arguments: Any) -> Any:
        if _holds_nul(arguments):
            raise ValueError("text must not contain the character U+0000")
        return arguments


class WriteArguments(Arguments):
    idempotency_key: Annotated[str | None, Field(min_length=1, max_length=255, pattern=r"^[ -~]+$")] = Field(
        default=None, description="Repeat to retry safely"
    )


class ToolContext(msgspec.Struct, frozen=True):
    """The context of a tool or resource: the tenant's transaction, and the caller."""

    tx: "Tx"
    principal: "Principal"
    request_id: str
    calls_today: int
    after_commit: Callable[[Callable[[], Awaitable[msgspec.Struct]]], None] = lambda _: None
    """Run a step after the commit, outside any transaction; its result is the tool's, unless it refuses."""


class Tool(msgspec.Struct, frozen=True, dict=True):
    """`run` is the declared function; the schemas are built at the first list, so that a cold call does not wait."""

    name: str
    title: str
    description: str
    scope: Scope
    arguments: type[Arguments]
    result: type[msgspec.Struct]
    hints: Mapping[str, bool]
    run: Callable[[ToolContext, Any], Awaitable[msgspec.Struct]]

    @cached_property
    def parameter_headers(self) -> Mapping[str, str]:
        """The arguments that modern clients repeat as `Mcp-Param-<token>`; their schema has `x-mcp-header`."""
        extras = {name: field.json_schema_extra for name, field in self.arguments.model_fields.items()}
        return {
            name: str(extra["x-mcp-header"])
            for name, extra in extras.items()
            if isinstance(extra, dict) and "x-mcp-header" in extra
        }

    @cached_property
    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": input_schema(self.arguments),
            "outputSchema": output_schema(self.result),
            "annotations": dict(self.hints),
        }


class Resource(msgspec.Struct, frozen=True):
    """A resource; its text is sent as it is, a Struct as JSON."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    scope: Scope
    run: Callable[[ToolContext], Awaitable[msgspec.Struct | str]]

    @property
    def definition(self) -> dict[str, Any]:
        return {
            "uri": self.uri,
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "mimeType": self.mime_type,
        }


def tool(
    *, scope: Scope, title: str, destructive: bool = False, idempotent: bool = False, open_world: bool = False
) -> Callable[[Callable[[ToolContext, A], Awaitable[R]]], Tool]:
    """Declare a tool by a function, which gives its name, description, arguments and result.

    The hints are for clients; `open_world` is for tools that reach beyond our own records.
    """

    def declare(function: Callable[[ToolContext, A], Awaitable[R]]) -> Tool:
        name, description = _name_and_description(function)
        hints = get_type_hints(function)
        arguments, result = hints["arguments"], hints["return"]
        if not issubclass(arguments, Arguments if scope == "read" else WriteArguments):
            raise TypeError(f"{name}: arguments derive from Arguments, those of a write tool from WriteArguments")
        if not issubclass(result, msgspec.Struct):
            raise TypeError(f"{name}: the result is a msgspec Struct")
        return Tool(
            name=name,
            title=title,
            description=description,
            scope=scope,
            arguments=arguments,
            result=result,
            hints=_hints(scope, destructive=destructive, idempotent=idempotent, open_world=open_world),
            run=function,
        )

    return declare


def resource(
    uri: str,
    *,
    name: str,
    title: str,
    description: str,
    mime_type: str = "application/json",
    scope: Scope = "read",
) -> Callable[[Callable[[ToolContext], Awaitable[msgspec.Struct | str]]], Resource]:
    def declare(function: Callable[[ToolContext], Awaitable[msgspec.Struct | str]]) -> Resource:
        return Resource(
            uri=uri,
            name=name,
            title=title,
            description=description,
            mime_type=mime_type,
            scope=scope,
            run=function,
        )

    return declare


class LazyMapping(Mapping[str, E], Generic[E]):
    """A mapping that imports its entries at look-up: a call needs one, a list all, a handshake none."""

    def __init__(self, package: str, sources: Mapping[str, tuple[str, str]]) -> None:
        self._package = package
        self._sources = sources
        self._loaded: dict[str, E] = {}

    def __getitem__(self, key: str) -> E:
        if key not in self._loaded:
            module, attribute = self._sources[key]
            self._loaded[key] = getattr(import_module(module, self._package), attribute)
        return self._loaded[key]

    def __contains__(self, key: object) -> bool:
        return key in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


class Registry:
    """Tools by name and resources by URI, in the order in which they are listed."""

    def __init__(self, *, tools: Mapping[str, Tool], resources: Mapping[str, Resource]) -> None:
        self.tools = tools
        self.resources = resources
        self._listings: dict[tuple[str, frozenset[Scope]], bytes] = {}

    def listed_tools(self, scopes: Collection[str]) -> bytes:
        """Return the tools that these scopes allow, as an encoded JSON array, which is cached by scopes."""
        return self._listed("tools", self.tools.values(), scopes)

    def listed_resources(self, scopes: Collection[str]) -> bytes:
        return self._listed("resources", self.resources.values(), scopes)

    def _listed(self, kind: str, entries: Collection[Tool | Resource], scopes: Collection[str]) -> bytes:
        allowed = frozenset(scope for scope in SCOPES if scope in scopes)
        listing = self._listings.get((kind, allowed))
        if listing is None:
            listing = msgspec.json.encode([entry.definition for entry in entries if entry.scope in allowed])
            self._listings[kind, allowed] = listing
        return listing


def _holds_nul(value: object) -> bool:
    """Return whether the value has a text with U+0000, which Postgres does not store."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(member) for member in value.values())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _name_and_description(function: Callable[..., Any]) -> tuple[str, str]:
    name, documentation = function.__name__, inspect.getdoc(function)
    if not documentation or not NAME.fullmatch(name):
        raise TypeError(f"{name}: a tool has a docstring, which is what a model reads, and a plain name")
    return name, " ".join(documentation.split())


def _hints(scope: Scope, *, destructive: bool, idempotent: bool, open_world: bool) -> dict[str, bool]:
    """Return the hints that differ from the protocol's defaults: a tool writes, destroys and reaches outside."""
    if scope == "read":
        hints = {"readOnlyHint": True, "openWorldHint": open_world}
    else:
        hints = {"destructiveHint": destructive, "idempotentHint": idempotent, "openWorldHint": open_world}
    return {hint: value for hint, value in hints.items() if value != ASSUMED_HINTS.get(hint, False)}
