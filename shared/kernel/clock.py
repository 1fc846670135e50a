"""The time, always in UTC."""

from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Moment = TypeVar("Moment", date, datetime)
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""What the database takes and every reader can read and reckon with, in UTC."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """With milliseconds and Z, as JavaScript writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def within_years(moment: Moment) -> Moment:
    """Return the moment.

    Raises:
        ValueError: where it lies outside the years that can be stored and compared with.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR}")
    if isinstance(moment, datetime) and moment.tzinfo and moment.utcoffset():
        within_years(moment.astimezone(UTC))
    return moment


def zone(name: str | None) -> ZoneInfo:
    """The time zone of that IANA name, UTC where there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
