"""What the documents add to a table of routes: credentials, parameters, the shape of refusals."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from shared.kernel.errors import Refusal

Schema = dict[str, Any]
"""A JSON Schema, or another object of OpenAPI."""
BYTES: Schema = {"type": "string", "format": "binary"}
_Admit = TypeVar("_Admit", bound=Callable[..., Awaitable[Any]])


class NamedSchema(msgspec.Struct, frozen=True):
    """A schema without a model, under its name in the documents."""

    name: str
    schema: Schema


class ErrorShape(msgspec.Struct, frozen=True):
    """The body of refusals on a surface that does not use ours."""

    name: str
    schema: Schema
    code_of: Callable[[type[Refusal]], tuple[int, str]] | None = None
    """Returns the status and code of a refusal on this surface."""
    statuses: Mapping[int, str] | None = None
    """The meaning of every status, on a surface with too many codes to list for a route."""


class Description(msgspec.Struct, frozen=True):
    """What the documents say about one route."""

    name: str | None = None
    """The operation's name, if it is not the handler's. A route of every path has the function's name."""
    title: str = ""
    """Replaces the handler's docstring."""
    takes: Mapping[str, Any] | None = None
    """The schemas, by media type, of a body that the handler reads itself."""
    is_body_required: bool = True
    parameters: tuple[Schema, ...] = ()
    """Parameters that the handler reads itself from query or headers."""
    media_type: str = "application/json"
    """The type of the answer."""
    answers: Mapping[int, str] | None = None
    """The meaning of the statuses of success, if there is more to say than "Done."."""
    scope: str = ""
    """The scope of an agent's token, if neither the surface nor `admit` declares one for all routes."""


class Documentation(msgspec.Struct, frozen=True):
    """What the documents say about all routes of a table."""

    error: ErrorShape | None = None
    refusals: tuple[type[Refusal], ...] = ()
    """The refusals of every route."""
    parameters: tuple[Schema, ...] = ()
    """Headers of every route."""
    path: Mapping[str, Schema] | None = None
    """Descriptions of the paths' parameters, by name."""
    name: str | None = None
    """The prefix of operations' names, if it is not the function's name."""
    address: str | None = None
    """The address of the surface, if it is neither the prefix nor the function's own."""
    body_prefix: str = ""
    result_prefix: str = ""
    """Prefixes of models' names, so that a name has one meaning in the document."""


class Admission(msgspec.Struct, frozen=True):
    credentials: tuple[dict[str, list[str]], ...]
    """The alternatives: names of security schemes, with the scopes that they need."""
    refusals: tuple[type[Refusal], ...]


_ADMISSIONS: dict[Callable[..., Awaitable[Any]], Admission] = {}


def admits(*credentials: dict[str, list[str]], refusals: tuple[type[Refusal], ...] = ()) -> Callable[[_Admit], _Admit]:
    """Declare the credentials that an `admit` takes, and how it refuses others."""

    def declare(admit: _Admit) -> _Admit:
        _ADMISSIONS[admit] = Admission(credentials, refusals)
        return admit

    return declare


def admission_of(admit: Callable[..., Awaitable[Any]]) -> Admission:
    return _ADMISSIONS[admit]
