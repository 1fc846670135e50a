"""The Prefer header: the preferences of a client, as far as they are understood."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

import msgspec

from .errors import bad_preferences


class Return(StrEnum):
    REPRESENTATION = "representation"
    MINIMAL = "minimal"
    HEADERS_ONLY = "headers-only"


class Count(StrEnum):
    EXACT = "exact"
    PLANNED = "planned"
    ESTIMATED = "estimated"


class Resolution(StrEnum):
    MERGE = "merge-duplicates"
    IGNORE = "ignore-duplicates"


class Missing(StrEnum):
    DEFAULT = "default"
    NULL = "null"


class Handling(StrEnum):
    STRICT = "strict"
    LENIENT = "lenient"


class Ending(StrEnum):
    COMMIT = "commit"
    ROLLBACK = "rollback"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """A preference is None when it was not sent, or not understood."""

    resolution: Resolution | None = None
    missing: Missing | None = None
    returned: Return | None = None
    count: Count | None = None
    tx: Ending | None = None
    """Only where the settings let a request choose."""
    handling: Handling | None = None
    timezone: str | None = None
    """A time zone that the database knows."""
    max_affected: int | None = None

    @property
    def strict(self) -> bool:
        return self.handling is Handling.STRICT


_Choice = TypeVar("_Choice", bound=StrEnum)
_CHOICES: dict[str, type[StrEnum]] = {
    "resolution": Resolution,
    "missing": Missing,
    "return": Return,
    "count": Count,
    "tx": Ending,
    "handling": Handling,
}
_LONGEST_NUMBER = 18


def read(values: Iterable[str], *, time_zones: frozenset[str], tx_overridable: bool) -> Preferences:
    """Read the first of each preference; ignore unknown ones, unless the client wants strict handling.

    Raises:
        RestRefusal: PGRST122.
    """
    sent = [part.strip() for value in values for part in value.split(",")]
    if not sent:
        return _NONE
    zone, unknown_zone = _time_zone(sent, time_zones)
    found = Preferences(
        resolution=_first(sent, "resolution", Resolution),
        missing=_first(sent, "missing", Missing),
        returned=_first(sent, "return", Return),
        count=_first(sent, "count", Count),
        tx=_first(sent, "tx", Ending) if tx_overridable else None,
        handling=_first(sent, "handling", Handling),
        timezone=zone,
        max_affected=_max_affected(sent),
    )
    unknown = [
        preference
        for preference in sent
        if not _is_known(preference) or (unknown_zone and preference.startswith("timezone="))
    ]
    if found.strict and unknown:
        raise bad_preferences(unknown)
    return found


_NONE = Preferences()


def _first(sent: list[str], name: str, kind: type[_Choice]) -> _Choice | None:
    values = {choice.value: choice for choice in kind}
    return next(
        (
            values[value]
            for preference in sent
            if (value := preference.removeprefix(f"{name}=")) in values and value != preference
        ),
        None,
    )


def _time_zone(sent: list[str], time_zones: frozenset[str]) -> tuple[str | None, bool]:
    """Return the first time zone sent, and whether the database does not know it."""
    zone = next(
        (preference.removeprefix("timezone=") for preference in sent if preference.startswith("timezone=")), None
    )
    if zone is None or zone in time_zones:
        return zone, False
    return None, True


def _max_affected(sent: list[str]) -> int | None:
    number = next(
        (preference.removeprefix("max-affected=") for preference in sent if preference.startswith("max-affected=")), ""
    )
    fits = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    return int(number) if fits else None


def _is_known(preference: str) -> bool:
    name, _, value = preference.partition("=")
    if name in ("timezone", "max-affected"):
        return True
    kind = _CHOICES.get(name)
    return kind is not None and value in {choice.value for choice in kind}
