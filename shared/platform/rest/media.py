"""What an answer is written in, as Accept asks for it."""

from enum import StrEnum

import msgspec


class MediaType(StrEnum):
    JSON = "application/json"
    SINGULAR = "application/vnd.pgrst.object+json"
    ARRAY = "application/vnd.pgrst.array+json"
    """An array only by this name when its nulls are stripped; otherwise JSON."""
    CSV = "text/csv"
    OPENAPI = "application/openapi+json"


class PlanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class Plan(msgspec.Struct, frozen=True):
    """The execution plan is asked for instead of the rows; `options` are EXPLAIN's, in lower case."""

    format: PlanFormat = PlanFormat.TEXT
    options: frozenset[str] = frozenset()


class Media(msgspec.Struct, frozen=True):
    """`stripped`: members that are null are left out. With a `plan`, `type` is what the plan is for."""

    type: MediaType = MediaType.JSON
    stripped: bool = False
    plan: Plan | None = None
