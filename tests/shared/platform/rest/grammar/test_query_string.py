"""Which parameter is what, pages, orders, lists of columns."""

import pytest

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.grammar.order import parse_order
from shared.platform.rest.grammar.query_string import parse_query
from shared.platform.rest.query import Condition, Field, JsonStep, OrderTerm, Page, Query, SelectedField
from tests.support.supports import supports

A = Field("a")


def test_an_empty_query_selects_every_column():
    assert parse_query("") == Query(select=(SelectedField(Field("*")),))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a", (OrderTerm(A),)),
        ("a.desc", (OrderTerm(A, descending=True),)),
        ("a.asc.nullsfirst", (OrderTerm(A, descending=False, nulls_first=True),)),
        ("a.nullslast", (OrderTerm(A, nulls_first=False),)),
        ("a->b.desc", (OrderTerm(Field("a", (JsonStep("b", as_text=False),)), descending=True),)),
        ("rel(a).desc", (OrderTerm(A, "rel", descending=True),)),
        (" a , rel( a ) ,b", (OrderTerm(A), OrderTerm(A, "rel"), OrderTerm(Field("b")))),
    ],
)
def test_order_names_columns_directions_and_nulls(text, terms):
    assert parse_order(text) == terms


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("id.ac", 4, 'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
        ("id.descc", 8, "unexpected 'c' expecting delimiter (.), \",\" or end of input"),
        ("id.nulsfist", 4, 'unexpected "n" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
        ("id.nullslasttt", 13, "unexpected 't' expecting \",\" or end of input"),
        ("id.asc.nlsfst", 8, 'unexpected "l" expecting "nullsfirst" or "nullslast"'),
        (
            "clients(name,id)",
            8,
            'unexpected \'(\' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input',
        ),
        ("", 1, "unexpected end of input expecting field name (* or [a..z0..9_$])"),
    ],
)
def test_a_refused_order_says_where_and_what_was_expected(text, column, told):
    with pytest.raises(RestRefusal) as refused:
        parse_query(f"order={text}")
    message = f'"failed to parse order ({text})" (line 1, column {column})'
    assert (refused.value.message, refused.value.details) == (message, told)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("limit=5", (((), Page(5)),)),
        ("limit=0", (((), Page(0)),)),
        ("offset=3", (((), Page(None, 3)),)),
        ("limit=5&offset=3&a.b.limit=1", (((), Page(5, 3)), (("a", "b"), Page(1)))),
        ("limit=5&limit=6", (((), Page(6)),)),
        ("offset=-4", (((), Page(None, 0)),)),
        ("limit=all&offset=", ()),
        ("limit=" + "9" * 5000, (((), Page(2**63 - 1)),)),
    ],
)
def test_a_page_is_given_by_numbers(text, pages):
    assert parse_query(text).pages == pages


def test_a_negative_limit_is_refused():
    with pytest.raises(RestRefusal) as refused:
        parse_query("limit=-1")
    assert (refused.value.status, refused.value.code) == (416, "PGRST103")
    assert refused.value.details == "Limit should be greater than or equal to zero."


@supports("Writing", "`columns=` and `on_conflict=`, names in quotes where needed")
def test_lists_of_columns_have_bare_and_quoted_names():
    query = parse_query('columns="a b",c&on_conflict=d,%20e')
    assert (query.columns, query.on_conflict) == (("a b", "c"), ("d", "e"))
    assert parse_query("a=eq.1").columns is None


@pytest.mark.parametrize("name", ["columns", "on_conflict"])
@pytest.mark.parametrize("text", ["", "a,", "a(b)", ","])
def test_a_malformed_list_of_columns_is_refused(name, text):
    with pytest.raises(RestRefusal, match=f"failed to parse {name} parameter"):
        parse_query(f"{name}={text}")


def test_a_read_function_takes_what_is_no_filter_as_an_argument():
    query = parse_query("id=eq.1&id=5&day=2024.01&rel.a=eq.2&is=it&n=knot.x&select=id", reads_function=True)
    assert query.arguments == (("id", "5"), ("day", "2024.01"), ("is", "it"), ("n", "knot.x"))
    assert [path for path, _ in query.filters[:1]] == [()]


@pytest.mark.parametrize(
    "value", ["eq.1", "not.eq.1", "is.null", "in.(1)", "fts(english).x", "like(any).{a}", "isdistinct.1"]
)
def test_a_read_function_knows_each_operator(value):
    query = parse_query(f"id={value}", reads_function=True)
    assert (query.arguments, len(query.filters)) == ((), 1)


def test_parameters_are_decoded_once_and_those_without_a_value_say_nothing():
    query = parse_query("a=eq.x+y%2B%25&&select&b=eq.%C3%A9%FF")
    assert query.filters == (((), Condition(A, "eq", "x y+%")), ((), Condition(Field("b"), "eq", "é\ufffd")))
    assert query.select == (SelectedField(Field("*")),)


def test_the_first_select_counts():
    assert parse_query("select=a&select=b").select == (SelectedField(A),)


def test_a_nul_is_refused_as_postgres_would():
    with pytest.raises(RestRefusal) as refused:
        parse_query("a=eq.%00")
    assert (refused.value.status, refused.value.code) == (400, "22021")
