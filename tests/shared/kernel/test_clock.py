"""Times as they leave Nexus, and time zones by name."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.clock import rfc3339, utc_now, zone


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


@pytest.mark.parametrize("name", [None, "", "Nowhere/City", "../../etc/passwd", "Africa/Cairo\0", "x" * 5000])
def test_a_zone_of_no_such_name_is_utc(name):
    assert zone(name).key == "UTC"


def test_a_zone_of_that_name_is_found():
    assert zone("Africa/Cairo").key == "Africa/Cairo"
    assert utc_now().tzinfo is UTC
