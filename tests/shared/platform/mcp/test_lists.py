"""A list keeps to its byte budget by whole rows, and gives a cursor where it ends."""

import msgspec
import pytest

from shared.kernel.pagination import Page
from shared.platform.mcp.lists import Listing, fit_page
from shared.platform.mcp.registry import RESULT_BYTES


class Row(msgspec.Struct, frozen=True):
    id: int
    name: str | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET


@pytest.fixture
def fit():
    def page_of(rows, *, next_cursor=None, fields=None):
        found = fit_page(Listing, Page(rows, next_cursor), fields=fields, cursor_of=lambda row: f"after {row.id}")
        return msgspec.json.decode(msgspec.json.encode(found))

    return page_of


def rows_of(weight: int, *, count: int) -> list[Row]:
    """Return rows of so many bytes each, once they are encoded."""
    empty = len(msgspec.json.encode(Row(100, "")))
    return [Row(100 + number, "x" * (weight - empty)) for number in range(count)]


def test_a_page_within_the_budget_is_as_it_was(fit):
    found = fit([Row(1, "a", None), Row(2, "b", "c")], next_cursor="next")
    rows = [{"id": 1, "name": "a", "note": None}, {"id": 2, "name": "b", "note": "c"}]
    assert found == {"data": rows, "next_cursor": "next", "truncated": False}


def test_an_empty_page_is_an_empty_list(fit):
    assert fit([]) == {"data": [], "next_cursor": None, "truncated": False}


@pytest.mark.parametrize(("weight", "kept"), [(999, 24), (1000, 23), (1199, 20), (1200, 19)])
def test_as_many_whole_rows_as_the_budget_holds_with_a_comma_each(fit, weight, kept):
    found = fit(rows_of(weight, count=30), next_cursor="next")
    assert len(found["data"]) == kept == RESULT_BYTES // (weight + 1)
    assert (found["next_cursor"], found["truncated"]) == (f"after {99 + kept}", True)


def test_a_page_that_fills_the_budget_to_the_last_byte_is_whole(fit):
    found = fit(rows_of(999, count=24), next_cursor="next")
    assert (len(found["data"]), found["next_cursor"], found["truncated"]) == (24, "next", False)


def test_a_row_that_is_too_large_alone_is_given_alone(fit):
    found = fit(rows_of(RESULT_BYTES + 10, count=2))
    assert (len(found["data"]), found["next_cursor"], found["truncated"]) == (1, "after 100", True)
    whole = fit(rows_of(RESULT_BYTES + 10, count=1), next_cursor="next")
    assert (len(whole["data"]), whole["next_cursor"], whole["truncated"]) == (1, "next", False)


def test_the_fields_that_are_chosen_and_those_that_cursors_need(fit):
    rows = [Row(1, "a", "b")]
    assert fit(rows, fields=["note"])["data"] == [{"id": 1, "note": "b"}]
    assert fit(rows, fields=[])["data"] == [{"id": 1}]
    assert fit(rows, fields=["id", "name", "nothing"])["data"] == [{"id": 1, "name": "a"}]
