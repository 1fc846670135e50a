"""The media type of an answer, negotiated by the Accept header."""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec

from .errors import media_type


class MediaType(StrEnum):
    JSON = "application/json"
    SINGULAR = "application/vnd.pgrst.object+json"
    ARRAY = "application/vnd.pgrst.array+json"
    """The name of an array whose nulls are stripped; any other array is JSON."""
    CSV = "text/csv"
    OPENAPI = "application/openapi+json"


class PlanFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class Plan(msgspec.Struct, frozen=True):
    """The execution plan, answered instead of the rows; `options` are EXPLAIN's, in lower case."""

    format: PlanFormat = PlanFormat.TEXT
    options: frozenset[str] = frozenset()


class Media(msgspec.Struct, frozen=True):
    """The format of an answer.

    `stripped` leaves out members that are null. With a `plan`, `type` is what it plans for.
    """

    type: MediaType = MediaType.JSON
    stripped: bool = False
    plan: Plan | None = None


_ANY = "*/*"
_PLAIN = {"application/json": MediaType.JSON, "text/csv": MediaType.CSV, _ANY: MediaType.JSON}
_VENDOR = {
    "application/vnd.pgrst.object+json": MediaType.SINGULAR,
    "application/vnd.pgrst.object": MediaType.SINGULAR,
    "application/vnd.pgrst.array+json": MediaType.ARRAY,
    "application/vnd.pgrst.array": MediaType.ARRAY,
}
_PLANS = {
    "application/vnd.pgrst.plan+json": PlanFormat.JSON,
    "application/vnd.pgrst.plan+text": PlanFormat.TEXT,
    "application/vnd.pgrst.plan": PlanFormat.TEXT,
}
_PLAN_OPTIONS = frozenset({"analyze", "verbose", "settings", "buffers", "wal"})
_OPENAPI = frozenset({"application/openapi+json", "application/json", _ANY})


class _Accepted(NamedTuple):
    """One of the types in an Accept header."""

    name: str
    parameters: dict[str, str]
    quality: float

    @property
    def label(self) -> str:
        """As a refusal names it."""
        return f"{self.name};nulls=stripped" if self.parameters.get("nulls") == "stripped" else self.name


@lru_cache(256)
def negotiate(accept: str, *, plan: bool) -> Media:
    """Return the first acceptable type that rows can have; `plan` allows an execution plan.

    Raises:
        RestRefusal: PGRST107.
    """
    accepted = _accepted(accept)
    found = next((media for one in accepted if (media := _media(one, plan=plan)) is not None), None)
    if found is None:
        raise media_type([one.label for one in accepted])
    return found


def negotiate_description(accept: str) -> Media:
    """Return the type of the root's description.

    Raises:
        RestRefusal: PGRST107.
    """
    accepted = _accepted(accept)
    if not any(one.name in _OPENAPI for one in accepted):
        raise media_type([one.label for one in accepted])
    return Media(MediaType.OPENAPI)


def _media(accepted: _Accepted, *, plan: bool) -> Media | None:
    name, parameters = accepted.name, accepted.parameters
    if name in _PLAIN:
        return Media(_PLAIN[name])
    if name in _VENDOR:
        stripped = parameters.get("nulls") == "stripped"
        kind = _VENDOR[name]
        return Media(MediaType.JSON) if kind is MediaType.ARRAY and not stripped else Media(kind, stripped=stripped)
    if name in _PLANS and plan:
        return _plan(_PLANS[name], parameters)
    return None


def _plan(written: PlanFormat, parameters: dict[str, str]) -> Media | None:
    wanted = _parsed(parameters.get("for", "application/json").replace("\\", ""))
    meant = _media(wanted, plan=False)
    options = frozenset(parameters.get("options", "").split("|")) & _PLAN_OPTIONS
    return None if meant is None else msgspec.structs.replace(meant, plan=Plan(written, options))


def _accepted(accept: str) -> list[_Accepted]:
    """Return the accepted types, best first; among equals the more specific, then the earlier one."""
    found = [_parsed(part) for part in _parts(accept, ",") if part.strip()] or [_Accepted(_ANY, {}, 1)]
    return sorted(found, key=lambda one: (-one.quality, one.name.count("*")))


def _parsed(text: str) -> _Accepted:
    name, *rest = (part.strip() for part in _parts(text, ";"))
    pairs = [part.partition("=") for part in rest if part]
    parameters = {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}
    return _Accepted(name.lower(), parameters, _quality(parameters.pop("q", "1")))


def _parts(text: str, separator: str) -> list[str]:
    """Split, but not within quotes."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0
