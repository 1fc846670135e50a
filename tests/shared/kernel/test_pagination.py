"""Cursors: what is put in comes out, and nothing else is taken for one."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.pagination import InvalidCursor, decode_cursor, encode_cursor, last_row, page

MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(moment=MOMENTS, row=st.uuids())
def test_a_cursor_gives_back_its_parts_to_the_microsecond(moment, row):
    assert decode_cursor(encode_cursor(moment, row), datetime, UUID) == (moment, row)


@given(moment=MOMENTS, row=st.uuids())
def test_a_cursor_travels_in_an_address_as_it_is(moment, row):
    cursor = encode_cursor(moment, row)
    assert cursor.isascii()
    assert cursor.replace("-", "").replace("_", "").isalnum()


@given(cursor=st.text(max_size=200))
def test_no_text_is_a_fault_of_ours(cursor):
    try:
        moment, row = decode_cursor(cursor, datetime, UUID)
    except InvalidCursor:
        return
    assert isinstance(moment, datetime)
    assert isinstance(row, UUID)


@given(moment=MOMENTS, row=st.uuids(), place=st.integers(0, 40), letter=st.characters(max_codepoint=0x2FF))
def test_a_cursor_that_was_changed_is_refused_or_one_of_the_same_kind(moment, row, place, letter):
    cursor = encode_cursor(moment, row)
    try:
        found = decode_cursor(cursor[:place] + letter + cursor[place + 1 :], datetime, UUID)
    except InvalidCursor:
        return
    assert [type(part) for part in found] == [datetime, UUID]


@pytest.mark.parametrize("cursor", [
    "", "x", "W10", encode_cursor(1, 2), encode_cursor("x", "y"), encode_cursor(),
    encode_cursor(datetime(2026, 1, 1, tzinfo=UTC)), encode_cursor(datetime(2026, 1, 1, tzinfo=UTC), UUID(int=1), 1),
    encode_cursor([1], {}), "=" * 40, "A" * 100_001,
])  # fmt: skip
def test_a_cursor_of_another_list_is_refused(cursor):
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor, datetime, UUID)


def test_a_page_has_a_cursor_only_if_there_are_more_rows():
    first = page([1, 2, 3], 2, str)
    assert (first.data, first.next_cursor) == ([1, 2], "2")
    for rows in ([], [1], [1, 2]):
        last = page(rows, 2, str)
        assert (last.data, last.next_cursor) == (rows, None)


@pytest.mark.parametrize("cursor", [None, ""])
def test_the_first_page_has_no_last_row(cursor):
    assert last_row(cursor) is None


@given(moment=MOMENTS, row=st.uuids())
def test_a_cursor_of_time_and_id_names_the_last_row(moment, row):
    assert last_row(encode_cursor(moment, row)) == (moment, row)
