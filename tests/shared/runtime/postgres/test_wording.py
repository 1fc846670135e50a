"""What of a statement's values is written into its text, and what travels beside it."""

import pytest

from shared.runtime.postgres.wording import worded

LIST = """
    SELECT id FROM things
    WHERE (%(name)s::text IS NULL OR name LIKE %(name)s || '%%')
        AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s)) AND gone IS NULL
    LIMIT %(limit)s
"""


def text(sql, **params):
    return " ".join(worded(sql, params).sql.decode().split())


def test_parameters_are_numbered_in_the_order_in_which_they_first_stand():
    found = worded("SELECT %(b)s, %(a)s, %(b)s, '100%%'", {"a": 1, "b": 2})
    assert (found.sql, found.names, found.varies) == (b"SELECT $1, $2, $1, '100%'", ["b", "a"], False)


def test_a_filter_that_is_not_given_is_settled_in_the_text():
    assert text(LIST, name="x", ids=None, limit=26) == (
        "SELECT id FROM things WHERE (FALSE OR name LIKE $1 || '%')"
        " AND (TRUE OR id = ANY($2)) AND gone IS NULL LIMIT 26"
    )
    assert "(TRUE OR name" in text(LIST, name=None, ids=[], limit=1)
    assert "(FALSE OR id" in text(LIST, name=None, ids=[], limit=1)


def test_what_stands_no_longer_in_the_text_is_not_sent():
    assert worded("SELECT 1 WHERE %(only)s::uuid IS NULL LIMIT %(most)s", {"only": None, "most": 3}).names == []


@pytest.mark.parametrize("limit", [None, "26", "1; DROP TABLE things", 2.5, True])
def test_only_a_whole_number_is_written_as_a_limit(limit):
    assert text("SELECT 1 LIMIT %(limit)s", limit=limit) == "SELECT 1 LIMIT $1"


def test_a_text_that_depends_on_values_says_so():
    assert worded(LIST, {"name": None, "ids": None, "limit": 5}).varies
    assert not worded("SELECT %(name)s", {"name": None}).varies
