"""The time, always in UTC, and time zones by name."""

import re
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

from .errors import InvalidRequest

reset_tzpath(())  # The pinned tzdata alone: a machine's own files may be older, or missing.
Moment = TypeVar("Moment", date, datetime)
_DATED = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years that the database takes and every reader can compute with, in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return the text with milliseconds and Z, as JavaScript writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written(given: object) -> object:
    """Return a date, a time or its text unchanged.

    Raises:
        ValueError: for a number and a text of digits, which pydantic would read as seconds since 1970.
    """
    if isinstance(given, date) or (isinstance(given, str) and _DATED.match(given)):
        return given
    raise ValueError("must begin with a date such as 2026-01-31")


def within_years(moment: Moment) -> Moment:
    """Return the moment unchanged.

    Raises:
        ValueError: outside the years that can be stored.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR}")
    if isinstance(moment, datetime) and moment.tzinfo and moment.utcoffset():
        within_years(moment.astimezone(UTC))
    return moment


class UnknownTimeZone(InvalidRequest):
    """`timezone` is the name in the request; the database raises this too."""

    code = "unknown_time_zone"


def zone(name: str | None) -> ZoneInfo:
    """Return the time zone of an IANA name; UTC for None.

    Raises:
        UnknownTimeZone: for every other name.
    """
    if name is None:
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        shown = name[:64]
        message = f"{shown} is not an IANA time zone: send one such as Africa/Cairo"
        raise UnknownTimeZone(message, timezone=shown) from error
