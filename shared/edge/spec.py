"""The declaration of a function. Documents, gateway and contract tests are made from it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Literal, TypedDict

import msgspec
from pydantic import BaseModel

from shared.kernel.errors import Refusal
from shared.quotas.rates import STANDARD, RateClass
from shared.tenancy.principal import Kind

from .routing import Routes

Scope = Literal["read", "write", "admin", "manage"]
TxMode = Literal["read", "write", "own"]
"""`read`: one transaction for every statement; `write`: one for the handler; `own`: the service opens its own."""

ANYONE = frozenset(Kind)
MEMBERS = frozenset({Kind.USER, Kind.AGENT})
PEOPLE = frozenset({Kind.USER})
AGENTS = frozenset({Kind.AGENT})
SERVICE_ONLY = frozenset({Kind.SERVICE})


class FunctionKind(StrEnum):
    ENDPOINT = "endpoint"
    SURFACE = "surface"
    """Serves many paths in a protocol of its own."""
    WEBHOOK = "webhook"
    """Receives signed requests of a provider."""
    JOB = "job"
    """Called by the scheduler."""


class Declaration(TypedDict, total=False):
    """The parameters of a declaration; the defaults are those of `Spec`."""

    method: str
    access: frozenset[Kind]
    scope: Scope | None
    rate: RateClass
    tx: TxMode
    status: int
    refusals: tuple[type[Refusal], ...]
    form: bool
    counts_itself: bool
    routes: Routes | None


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One function: what it takes, who may call it, what it answers, how it refuses."""

    kind: FunctionKind
    name: str
    """In kebab-case, as the URL has it."""
    tag: str
    summary: str
    description: str
    method: str = "POST"
    """`*` for a surface whose routes name their methods."""
    body: type[BaseModel] | None = None
    """Read from the query where the method is GET."""
    result: Any = None
    status: int = 200
    access: frozenset[Kind] = MEMBERS
    scope: Scope | None = None
    rate: RateClass = STANDARD
    tx: TxMode = "write"
    refusals: tuple[type[Refusal], ...] = ()
    """Its own refusals, without those that every function may give."""
    form: bool = False
    """Whether the body may also be form-encoded."""
    schedule_s: int | None = None
    """How often the scheduler calls a job."""
    counts_itself: bool = False
    """Whether the function counts its calls itself, because it must know the sender first."""

    routes: Routes | None = None
    """The table of a surface or a webhook."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of a function that is no surface; HEAD is answered where GET is."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)

    def answers(self, method: str) -> bool:
        """Return whether the function takes the method, or leaves that to its routes."""
        return self.method == "*" or method in self.methods

    @property
    def public(self) -> bool:
        return Kind.ANONYMOUS in self.access

    @property
    def example(self) -> dict[str, Any] | None:
        """Return the first example of the body's model."""
        extra = self.body.model_config.get("json_schema_extra") if self.body else None
        examples: Any = extra.get("examples") if isinstance(extra, dict) else None
        return dict(examples[0]) if examples else None

    @property
    def has_own_protocol(self) -> bool:
        """Tell whether the function has a protocol of its own, beyond one body and one result."""
        return self.kind in (FunctionKind.SURFACE, FunctionKind.WEBHOOK)


Handler = Callable[..., Awaitable[Any]]
