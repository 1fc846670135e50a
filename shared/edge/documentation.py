"""What the documents say of routes besides what routing itself needs: credentials, parameters, shapes of refusals."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from shared.kernel.errors import Refusal

Schema = dict[str, Any]
"""A JSON Schema, or another object of OpenAPI."""
BYTES: Schema = {"type": "string", "format": "binary"}
_Admit = TypeVar("_Admit", bound=Callable[..., Awaitable[Any]])


class NamedSchema(NamedTuple):
    """A schema that no model declares, under its name in the documents."""

    name: str
    schema: Schema


class ErrorShape(NamedTuple):
    """The body of a surface's refusals, where it is not our own."""

    name: str
    schema: Schema
    code_of: Callable[[type[Refusal]], tuple[int, str]] | None = None
    """Returns status and code of a refusal on this surface."""
    statuses: Mapping[int, str] | None = None
    """What each status says, where the codes are too many for each route."""


class Description(NamedTuple):
    """What is said of one route."""

    name: str | None = None
    """Of the operation, where it is not the handler's. A route of every path is called as the function is."""
    title: str = ""
    """In place of the handler's docstring."""
    takes: Mapping[str, Any] | None = None
    """By media type, the schema of a body that the handler reads by itself."""
    is_body_required: bool = True
    parameters: tuple[Schema, ...] = ()
    """What the handler reads from query or headers by itself."""
    media_type: str = "application/json"
    """Of the answer."""
    answers: Mapping[int, str] | None = None
    """What each status says, where there is more to say than that it is done."""
    scope: str = ""
    """What an agent's token must hold, where neither the surface nor `admit` declares it for all routes."""


class Documentation(NamedTuple):
    """What all routes of a table share."""

    error: ErrorShape | None = None
    refusals: tuple[type[Refusal], ...] = ()
    """Those of every route."""
    parameters: tuple[Schema, ...] = ()
    """Headers that every route takes."""
    path: Mapping[str, Schema] | None = None
    """Parameters of paths by name, where there is more to say of them than their names."""
    name: str | None = None
    """What the names of operations begin with, where it is not the function's name."""
    address: str | None = None
    """Of the whole surface, where it is neither the prefix nor the function's own."""
    body_prefix: str = ""
    result_prefix: str = ""
    """What the names of models begin with, so that a name means one thing in one document."""


class Admission(NamedTuple):
    credentials: tuple[dict[str, list[str]], ...]
    """Each a way to be let in: names of security schemes, with the scopes that they need."""
    refusals: tuple[type[Refusal], ...]


_ADMISSIONS: dict[Callable[..., Awaitable[Any]], Admission] = {}


def admits(*credentials: dict[str, list[str]], refusals: tuple[type[Refusal], ...] = ()) -> Callable[[_Admit], _Admit]:
    """Declare which credentials an `admit` of routes takes, and how it refuses others."""

    def declare(admit: _Admit) -> _Admit:
        _ADMISSIONS[admit] = Admission(credentials, refusals)
        return admit

    return declare


def admission_of(admit: Callable[..., Awaitable[Any]]) -> Admission:
    return _ADMISSIONS[admit]
