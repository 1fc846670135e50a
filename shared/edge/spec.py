"""What a function declares: the documents, the gateway and the contract tests are made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from shared.kernel.errors import Refusal
from shared.quotas.rates import RateClass
from shared.tenancy.principal import Kind

Scope = Literal["read", "write", "admin", "manage"]
TxMode = Literal["read", "write", "own"]
"""`read`: each statement its own transaction; `write`: one for the handler; `own`: the service opens its own."""

ANYONE = frozenset(Kind)
MEMBERS = frozenset({Kind.USER, Kind.AGENT})
PEOPLE = frozenset({Kind.USER})
AGENTS = frozenset({Kind.AGENT})
SERVICE_ONLY = frozenset({Kind.SERVICE})


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One function: what it accepts, who may call it, what it answers and refuses with."""

    name: str
    """In kebab-case, as the URL has it."""
    method: str
    tag: str
    summary: str
    description: str
    body: type[BaseModel] | None
    """Read from the query where the method is GET."""
    result: Any
    status: int
    access: frozenset[Kind]
    scope: Scope | None
    rate: RateClass
    tx: TxMode
    refusals: tuple[type[Refusal], ...]
    """Those of its own; what every function may answer is not repeated."""
    form: bool = False
    """Whether the body may also come form-encoded."""
    schedule_s: int | None = None
    """Of a job: how often the scheduler calls it."""
    surface: bool = False
    """Answers many paths and methods in a protocol of its own."""
    counts_itself: bool = False
    """Whether the function charges its calls, and the edge does not: it has to know who sends first."""

    @property
    def public(self) -> bool:
        return Kind.ANONYMOUS in self.access


Handler = Callable[..., Awaitable[Any]]
