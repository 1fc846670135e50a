"""Times as they leave Nexus, and time zones by name."""

import zoneinfo
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.clock import UnknownTimeZone, rfc3339, utc_now, zone


@given(moment=st.datetimes(timezones=st.just(UTC)), hours=st.integers(-14, 14))
def test_a_time_leaves_in_utc_with_milliseconds_and_z(moment, hours):
    try:
        local = moment.astimezone(timezone(timedelta(hours=hours)))
    except OverflowError:
        return
    written = rfc3339(local)
    assert written.endswith("Z")
    assert len(written) == 24
    assert abs(datetime.fromisoformat(written) - moment) < timedelta(milliseconds=1)


def test_a_caller_without_a_time_zone_is_in_utc():
    assert zone(None).key == "UTC"


@pytest.mark.parametrize("name", ["", "Nowhere/City", "../../etc/passwd", "Africa/Cairo\0", "x" * 5000, "Africa"])
def test_a_zone_of_no_such_name_is_refused_and_never_utc(name):
    with pytest.raises(UnknownTimeZone):
        zone(name)


def test_a_zone_of_that_name_is_found_in_the_pinned_package_alone():
    assert zone("Africa/Cairo").key == "Africa/Cairo"
    assert utc_now().tzinfo is UTC
    assert zoneinfo.TZPATH == ()


def test_morocco_is_in_greenwich_time_all_year_from_autumn_2026():
    """Machines whose files are older still say +01:00."""
    moments = [datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)]
    assert {moment.astimezone(zone("Africa/Casablanca")).utcoffset() for moment in moments} == {timedelta(0)}


def test_the_databases_list_is_the_packages(services):
    names = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
    with psycopg.connect(services.admin_url) as db:
        unknown = db.execute("SELECT n FROM unnest(%s::text[]) AS n WHERE NOT app.is_time_zone(n)", (names,)).fetchall()
        missing = db.execute(
            "SELECT n FROM unnest(%s::text[]) AS n EXCEPT SELECT name FROM pg_timezone_names", (names,)
        ).fetchall()
        odd = db.execute(
            "SELECT n FROM unnest(%s::text[]) AS n WHERE app.is_time_zone(n)",
            (["", "Factory", "posix/Africa/Cairo", "localtime", "EET-2", "Nowhere/City", "africa/cairo"],),
        ).fetchall()
    assert (unknown, missing, odd) == ([], [], [])
