"""Comparison of Postgres's time zones with the pinned tzdata for the coming year."""

from datetime import datetime, timedelta

from infra import queries
from infra.queries import Database
from shared.kernel.clock import UnknownTimeZone, utc_now, zone

STEP = timedelta(hours=3)
YEAR = timedelta(days=366)


def disagreements(database: Database) -> list[str]:
    """Describe the time zones in use that differ, each with its first difference."""
    begin = utc_now().replace(minute=0, second=0, microsecond=0)
    moments = [begin + step * STEP for step in range(YEAR // STEP)]
    differences = (_difference(database, name, moments) for name in queries.list_time_zones(database))
    return [difference for difference in differences if difference]


def _difference(database: Database, name: str, moments: list[datetime]) -> str | None:
    theirs = queries.list_offsets(database, zone=name, moments=moments)
    try:
        ours = zone(name)
    except UnknownTimeZone:
        return f"{name} (tzdata has none of that name)"
    if theirs is None:
        return f"{name} (the database has none of that name)"
    for moment, offset in zip(moments, theirs, strict=True):
        here = moment.astimezone(ours).utcoffset()
        if here is not None and here.total_seconds() != offset:
            return f"{name} (from {moment:%Y-%m-%d} on)"
    return None
