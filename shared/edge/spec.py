"""The declaration of a function: the documents, the gateway and the contract tests are made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypedDict

from pydantic import BaseModel

from shared.kernel.errors import Refusal
from shared.quotas.rates import STANDARD, RateClass
from shared.tenancy.principal import Kind

from .routing import Routes

Scope = Literal["read", "write", "admin", "manage"]
TxMode = Literal["read", "write", "own"]
"""`read`: each statement its own transaction; `write`: one for the handler; `own`: the service opens its own."""

ANYONE = frozenset(Kind)
MEMBERS = frozenset({Kind.USER, Kind.AGENT})
PEOPLE = frozenset({Kind.USER})
AGENTS = frozenset({Kind.AGENT})
SERVICE_ONLY = frozenset({Kind.SERVICE})


class FunctionKind(StrEnum):
    ENDPOINT = "endpoint"
    SURFACE = "surface"
    """Answers many requests in a protocol of its own."""
    WEBHOOK = "webhook"
    """Receives what a provider has signed."""
    JOB = "job"
    """Is called by the scheduler."""


class Declaration(TypedDict, total=False):
    """What a function may declare; what it leaves out is as `Spec` has it."""

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


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One function: what it accepts, who may call it, what it answers and refuses with."""

    kind: FunctionKind
    name: str
    """In kebab-case, as the URL has it."""
    tag: str
    summary: str
    description: str
    method: str = "POST"
    """`*` where a surface says itself which methods its paths answer."""
    body: type[BaseModel] | None = None
    """Read from the query where the method is GET."""
    result: Any = None
    status: int = 200
    access: frozenset[Kind] = MEMBERS
    scope: Scope | None = None
    rate: RateClass = STANDARD
    tx: TxMode = "write"
    refusals: tuple[type[Refusal], ...] = ()
    """Those of its own; what every function may answer is not repeated."""
    form: bool = False
    """Whether the body may also come form-encoded."""
    schedule_s: int | None = None
    """Of a job: how often the scheduler calls it."""
    counts_itself: bool = False
    """Whether the function charges its calls, and the edge does not: it has to know who sends first."""

    routes: Routes | None = None
    """Of a surface or a webhook."""

    @property
    def public(self) -> bool:
        return Kind.ANONYMOUS in self.access

    @property
    def example(self) -> dict[str, Any] | None:
        """The first example of the body, as its model gives it."""
        extra = self.body.model_config.get("json_schema_extra") if self.body else None
        examples: Any = extra.get("examples") if isinstance(extra, dict) else None
        return dict(examples[0]) if examples else None

    @property
    def has_own_protocol(self) -> bool:
        """Whether it answers in a protocol of its own, not with one model for another."""
        return self.kind in (FunctionKind.SURFACE, FunctionKind.WEBHOOK)


Handler = Callable[..., Awaitable[Any]]
