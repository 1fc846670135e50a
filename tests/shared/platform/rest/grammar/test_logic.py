"""Filters and logic trees, production by production."""

import pytest

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.grammar.logic import parse_filter, parse_logic
from shared.platform.rest.grammar.values import OPERATORS
from shared.platform.rest.query import Condition, Field, Group, JsonStep, Quantifier
from tests.support.supports import supports

A = Field("a")


@supports("Filters", "`not.` before every operator")
@pytest.mark.parametrize("operator", sorted(OPERATORS - {"in", "is"}))
def test_an_operator_compares_with_all_the_text_behind_it(operator):
    told = Condition(A, operator, "x.(y),*")
    assert parse_filter("a", f"{operator}.x.(y),*") == ((), told)
    assert parse_filter("a", f"not.{operator}.") == ((), Condition(A, operator, "", negated=True))


@supports("Filters", "`is.null`, `is.not_null`, `is.true`, `is.false`, `is.unknown` in any letter case")
@pytest.mark.parametrize("value", ["null", "not_null", "true", "false", "unknown"])
def test_is_takes_five_words_in_any_letter_case(value):
    for written in (value, value.upper(), value.title()):
        assert parse_filter("a", f"is.{written}") == ((), Condition(A, "is", value))
    with pytest.raises(RestRefusal) as refused:
        parse_filter("a", f"is.{value}x")
    assert refused.value.details == (f'unexpected "{value[0]}" expecting isVal: (null, not_null, true, false, unknown)')


@supports("Filters", '`in.(1,"a,b")` with quoted elements; `in.()` finds nothing')
@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("(1,2)", ("1", "2")),
        ("()", ()),
        ('("")', ()),
        ("(,)", ("", "")),
        ('("a,b",c)', ("a,b", "c")),
        (r'("say \"hi\"","back\\slash")', ('say "hi"', "back\\slash")),
        ('(5" disk,x"y")', ('5" disk', 'x"y"')),
        ("( 1, 2 )", ("1", " 2 ")),
        ('("(",")")', ("(", ")")),
    ],
)
def test_in_takes_a_list_whose_elements_may_be_quoted(text, elements):
    assert parse_filter("a", f"not.in.{text}") == ((), Condition(A, "in", elements, negated=True))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{1,2}", ("1", "2")),
        ("{}", ()),
        ('{"a,b", c }', ("a,b", "c")),
        (r'{"say \"hi\"",a\,b}', ('say "hi"', "a,b")),
        ("{O*,P*}", ("O*", "P*")),
    ],
)
def test_a_quantifier_takes_an_array(text, values):
    for quantifier in Quantifier:
        told = Condition(A, "like", values, quantifier=quantifier)
        assert parse_filter("a", f"like({quantifier.value}).{text}") == ((), told)


@pytest.mark.parametrize("text", ["1,2", "{1", "{1,}", "{,}", "{{1}}", '{"a}', "1}"])
def test_a_malformed_array_is_refused_in_the_words_of_postgres(text):
    with pytest.raises(RestRefusal) as refused:
        parse_filter("a", f"eq(any).{text}")
    assert (refused.value.code, refused.value.message) == ("22P02", f'malformed array literal: "{text}"')


def test_a_text_search_may_name_its_configuration():
    assert parse_filter("a", "fts(english).cat & dog") == (
        (),
        Condition(A, "fts", "cat & dog", configuration="english"),
    )
    assert parse_filter("a", "wfts.cat") == ((), Condition(A, "wfts", "cat"))


def test_the_name_of_a_filter_leads_through_embeds_to_a_place_in_json():
    place = Field("data", (JsonStep("k", as_text=False), JsonStep(0, as_text=True)))
    assert parse_filter("rel.sub.data->k->>0", "eq.1") == (("rel", "sub"), Condition(place, "eq", "1"))
    assert parse_filter('"a.b".c', "eq.1") == (("a.b",), Condition(Field("c"), "eq", "1"))


@pytest.mark.parametrize(
    ("value", "column", "told"),
    [
        ("0", 1, 'unexpected "0" expecting "not" or operator (eq, gt, ...)'),
        ("", 1, 'unexpected end of input expecting "not" or operator (eq, gt, ...)'),
        ("noop.0", 1, 'unexpected "o" expecting "not" or operator (eq, gt, ...)'),
        ("eq5", 3, 'unexpected "5" expecting operator (eq, gt, ...)'),
        ("eq().1", 4, 'unexpected ")" expecting operator (eq, gt, ...)'),
        ("fts().x", 5, 'unexpected ")" expecting operator (eq, gt, ...)'),
        ("is().null", 3, 'unexpected "(" expecting operator (eq, gt, ...)'),
        ("in().x", 3, 'unexpected "(" expecting operator (eq, gt, ...)'),
        ("not", 4, "unexpected end of input expecting delimiter (.)"),
        ("in.1", 4, 'unexpected "1" expecting "("'),
        ("is.blue", 4, 'unexpected "b" expecting isVal: (null, not_null, true, false, unknown)'),
    ],
)
def test_a_refused_filter_says_where_and_what_was_expected(value, column, told):
    with pytest.raises(RestRefusal) as refused:
        parse_filter("a", value)
    message = f'"failed to parse filter ({value})" (line 1, column {column})'
    assert (refused.value.message, refused.value.details) == (message, told)


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a(b)", 'a"', "a->", "a->>", "a,b", "a:b"])
def test_an_invalid_name_is_refused(name):
    with pytest.raises(RestRefusal, match="failed to parse tree path"):
        parse_filter(name, "eq.1")


@pytest.mark.parametrize(
    ("name", "text", "group"),
    [
        ("or", "(a.eq.1,a.is.NULL)", Group("or", (Condition(A, "eq", "1"), Condition(A, "is", "null")))),
        ("not.and", "(a.eq.1)", Group("and", (Condition(A, "eq", "1"),), negated=True)),
        ("and", "( a.eq.1 , a.eq.2 )", Group("and", (Condition(A, "eq", "1 "), Condition(A, "eq", "2 ")))),
        ("or", "(a.not.in.(1,2))", Group("or", (Condition(A, "in", ("1", "2"), negated=True),))),
        ("or", '(a.eq."x,)")', Group("or", (Condition(A, "eq", "x,)"),))),
        ("or", "(a.cs.{1,2})", Group("or", (Condition(A, "cs", "{1,2}"),))),
        ("or", "(a.like(any).{x*,y})", Group("or", (Condition(A, "like", ("x*", "y"), quantifier=Quantifier.ANY),))),
        (
            "or",
            "(and(a.eq.1),not.or(a.eq.2))",
            Group(
                "or",
                (
                    Group("and", (Condition(A, "eq", "1"),)),
                    Group("or", (Condition(A, "eq", "2"),), negated=True),
                ),
            ),
        ),
        (
            "or",
            "(and.eq.1,not.eq.2)",
            Group("or", (Condition(Field("and"), "eq", "1"), Condition(Field("not"), "eq", "2"))),
        ),
    ],
)
def test_conditions_stand_in_trees(name, text, group):
    assert parse_logic(name, text) == ((), group)


def test_a_tree_may_belong_to_an_embed():
    assert parse_logic("rel.sub.not.or", "(a.eq.1)") == (
        ("rel", "sub"),
        Group("or", (Condition(A, "eq", "1"),), negated=True),
    )


@pytest.mark.parametrize(
    ("name", "text", "column", "told"),
    [
        (
            "or",
            "()",
            4,
            (
                'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or '
                "logic operator (and, or)"
            ),
        ),
        ("or", "(id.in.1,2,id.eq.3)", 10, 'unexpected "1" expecting "("'),
        ("or", ")(", 3, 'unexpected ")" expecting "("'),
        ("and", "(ord(id.eq.1,id.eq.1),id.eq.2)", 7, 'unexpected "d" expecting "("'),
        ("or", "(id.eq.1,not.xor(id.eq.2,id.eq.3))", 16, 'unexpected "x" expecting logic operator (and, or)'),
    ],
)
def test_a_refused_tree_says_where_and_what_was_expected(name, text, column, told):
    with pytest.raises(RestRefusal) as refused:
        parse_logic(name, text)
    message = f'"failed to parse logic tree ({text})" (line 1, column {column})'
    assert (refused.value.message, refused.value.details) == (message, told)


def test_too_many_levels_are_refused():
    with pytest.raises(RestRefusal, match="failed to parse logic tree"):
        parse_logic("or", "(or" * 10_000)
