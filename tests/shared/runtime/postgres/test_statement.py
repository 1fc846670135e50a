"""What of a statement's values is written into its text, and what travels beside it."""

import pytest

from shared.runtime.postgres.statement import Query, Statement
from shared.runtime.postgres.transaction import as_json

LIST = Query(
    """
    SELECT id FROM things
    WHERE {name} AND {ids} AND gone IS NULL
    LIMIT {limit}
    """,
    where={"name": "name LIKE %(name)s || '%%'", "ids": "id = ANY(%(ids)s)"},
    limits=["limit"],
)


def text(sql, **params):
    return " ".join(Statement(sql, params).text().sql.decode().split())


def test_parameters_are_numbered_in_the_order_in_which_they_first_stand():
    found = Statement("SELECT %(b)s, %(a)s, %(b)s, '100%%'", {"a": 1, "b": 2}).text()
    assert (found.sql, found.names, found.varies) == (b"SELECT $1, $2, $1, '100%'", ["b", "a"], False)


def test_a_filter_that_is_not_given_is_settled_in_the_text():
    assert text(LIST, name="x", ids=None, limit=26) == (
        "SELECT id FROM things WHERE (FALSE OR name LIKE $1 || '%')"
        " AND (TRUE OR id = ANY($2)) AND gone IS NULL LIMIT 26"
    )
    assert "(TRUE OR name" in text(LIST, name=None, ids=[], limit=1)
    assert "(FALSE OR id" in text(LIST, name=None, ids=[], limit=1)


def test_a_limit_that_stands_in_the_text_is_not_sent():
    query = Query("SELECT 1 WHERE {only} LIMIT {most}", where={"only": "TRUE"}, limits=["most"])
    assert query.text({"only": None, "most": 3}).names == []


@pytest.mark.parametrize("limit", [None, "26", "1; DROP TABLE things", 2.5, True])
def test_only_a_whole_number_is_written_as_a_limit(limit):
    assert text(Query("SELECT 1 LIMIT {limit}", limits=["limit"]), limit=limit) == "SELECT 1 LIMIT $1"


def test_a_text_that_depends_on_values_says_so():
    assert LIST.text({"name": None, "ids": None, "limit": 5}).varies
    assert not Statement("SELECT %(name)s", {"name": None}).text().varies


def test_only_named_conditions_are_replaced():
    assert text("SELECT '{}' WHERE %(x)s IS NULL LIMIT %(x)s", x=None) == "SELECT '{}' WHERE $1 IS NULL LIMIT $1"
    query = Query("SELECT '{}' WHERE {x}", where={"x": "y = %(x)s"})
    assert text(query, x=1) == "SELECT '{}' WHERE (FALSE OR y = $1)"


def test_equal_values_share_one_text():
    values = {"name": "x", "ids": None, "limit": 26}
    assert LIST.text(values) is LIST.text({**values, "name": "y"})
    assert LIST.text(values) is not LIST.text({**values, "limit": 27})


def test_a_condition_without_a_position_is_refused():
    with pytest.raises(ValueError, match="gone"):
        Query("SELECT 1 WHERE {name}", where={"name": "TRUE", "gone": "gone = %(gone)s"})
    with pytest.raises(ValueError, match="limit"):
        Query("SELECT 1 LIMIT %(limit)s", limits=["limit"])


def test_rows_as_json_keep_conditions_and_limits():
    found = text(as_json(LIST), name="x", ids=None, limit=26)
    assert found.startswith("SELECT coalesce(json_agg(answer), '[]') FROM ( SELECT id FROM things WHERE (FALSE OR name")
    assert found.endswith("LIMIT 26 ) AS answer")
