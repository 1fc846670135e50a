"""`select=`, production by production."""

import pytest

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.grammar.select import parse_select
from shared.platform.rest.query import Aggregate, Field, JsonStep, SelectedField, SelectedRelation
from tests.support.supports import supports

STAR = SelectedField(Field("*"))
START = 'unexpected {} expecting "...", field name (* or [a..z0..9_$]), "*" or "count()"'
ID = SelectedField(Field("id"))


@supports("Reading", "columns, `*`, none at all (`select=`)")
@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("*", (STAR,)),
        ("id", (ID,)),
        ("id,name", (ID, SelectedField(Field("name")))),
        (" id , name ", (ID, SelectedField(Field("name")))),
        ("", ()),
        ("*,id", (STAR, ID)),
        ("first name", (SelectedField(Field("first name")),)),
        ("with-dash", (SelectedField(Field("with-dash")),)),
        ("اسم", (SelectedField(Field("اسم")),)),
        ('"a,b(c)"', (SelectedField(Field("a,b(c)")),)),
        (r'"say \"hi\" \\"', (SelectedField(Field(r'say "hi" \ '.strip())),)),
        ("count", (SelectedField(Field("count")),)),
    ],
)
def test_columns_are_named_bare_or_in_quotes(text, selected):
    assert parse_select(text) == selected


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("total::text", SelectedField(Field("total"), cast="text")),
        ("amount:total", SelectedField(Field("total"), alias="amount")),
        ("amount:total::double precision", SelectedField(Field("total"), alias="amount", cast="double precision")),
        ('"my total":total', SelectedField(Field("total"), alias="my total")),
    ],
)
def test_a_column_has_an_alias_before_it_and_a_cast_behind(text, selected):
    assert parse_select(text) == (selected,)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("data->a", (JsonStep("a", as_text=False),)),
        ("data->a->>b", (JsonStep("a", as_text=False), JsonStep("b", as_text=True))),
        ("data->0", (JsonStep(0, as_text=False),)),
        ("data->>-1", (JsonStep(-1, as_text=True),)),
        ('data->"a.b, c"', (JsonStep("a.b, c", as_text=False),)),
        ("data->!@#$%^&*_a", (JsonStep("!@#$%^&*_a", as_text=False),)),
        ("data->1a", (JsonStep("1a", as_text=False),)),
        ("data->a-b", (JsonStep("a-b", as_text=False),)),
        ("data->99999999999999999999", (JsonStep("99999999999999999999", as_text=False),)),
    ],
)
def test_a_json_path_goes_by_keys_and_places(text, steps):
    assert parse_select(text) == (SelectedField(Field("data", steps)),)


def test_an_alias_a_path_and_a_cast_stand_together():
    path = Field("data", (JsonStep("a", as_text=True),))
    assert parse_select("x:data->>a::int") == (SelectedField(path, alias="x", cast="int"),)


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("rel(*)", SelectedRelation("rel", (STAR,))),
        ("rel()", SelectedRelation("rel", ())),
        ("alias:rel(id)", SelectedRelation("rel", (ID,), alias="alias")),
        ("rel!hint(id)", SelectedRelation("rel", (ID,), hint="hint")),
        ("rel!inner(id)", SelectedRelation("rel", (ID,), join="inner")),
        ("rel!left(id)", SelectedRelation("rel", (ID,), join="left")),
        ("rel!hint!inner(id)", SelectedRelation("rel", (ID,), hint="hint", join="inner")),
        ("rel!inner!hint(id)", SelectedRelation("rel", (ID,), hint="hint", join="inner")),
        ("rel!left_key(id)", SelectedRelation("rel", (ID,), hint="left_key")),
        ("...rel(id)", SelectedRelation("rel", (ID,), spread=True)),
        ("...rel!hint!inner(id)", SelectedRelation("rel", (ID,), hint="hint", join="inner", spread=True)),
        ("rel( id )", SelectedRelation("rel", (ID,))),
        ("a(b(id))", SelectedRelation("a", (SelectedRelation("b", (ID,)),))),
    ],
)
def test_an_embed_has_hint_join_and_a_select_of_its_own(text, relation):
    assert parse_select(text) == (relation,)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("count()", SelectedField(Field("*"), aggregate=Aggregate.COUNT)),
        ("n:count()::text", SelectedField(Field("*"), "n", aggregate=Aggregate.COUNT, aggregate_cast="text")),
        ("total.sum()", SelectedField(Field("total"), aggregate=Aggregate.SUM)),
        ("total.min()", SelectedField(Field("total"), aggregate=Aggregate.MIN)),
        ("total.max()", SelectedField(Field("total"), aggregate=Aggregate.MAX)),
        ("id.count()", SelectedField(Field("id"), aggregate=Aggregate.COUNT)),
        (
            "a:total::int.avg()::text",
            SelectedField(Field("total"), alias="a", cast="int", aggregate=Aggregate.AVG, aggregate_cast="text"),
        ),
        (
            "data->n.sum()",
            SelectedField(Field("data", (JsonStep("n", as_text=False),)), aggregate=Aggregate.SUM),
        ),
    ],
)
def test_an_aggregate_stands_behind_its_column(text, selected):
    assert parse_select(text) == (selected,)


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        (":", 1, START.format('":"')),
        ("a,", 3, START.format("end of input")),
        (
            "id,clients(name[])",
            16,
            'unexpected \'[\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
        ),
        ("data->>-78xy", 11, 'unexpected \'x\' expecting digit, "->", "::", ".", "," or end of input'),
        ("data->>--34", 9, 'unexpected "-" expecting digit'),
        (
            "name!hint",
            5,
            'unexpected \'!\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input',
        ),
        ("*!hint", 2, 'unexpected \'!\' expecting ")", "," or end of input'),
        ("name::", 7, "unexpected end of input expecting letter or digit"),
    ],
)
def test_a_refusal_points_at_the_character_and_says_what_could_stand_there(text, column, told):
    with pytest.raises(RestRefusal) as refused:
        parse_select(text)
    message = f'"failed to parse select parameter ({text})" (line 1, column {column})'
    assert (refused.value.code, refused.value.message, refused.value.details) == ("PGRST100", message, told)


@pytest.mark.parametrize(
    "text",
    ["rel(", "rel(id", "rel)", "rel(id))", "...rel", "a.total()", "a.sum", "a:b:c", '"a', "count(", "rel(id)x", "->a"],
)
def test_a_malformed_select_is_refused(text):
    with pytest.raises(RestRefusal, match="failed to parse select parameter"):
        parse_select(text)


def test_too_many_levels_are_refused():
    with pytest.raises(RestRefusal, match="failed to parse select parameter"):
        parse_select("a(" * 10_000)


@pytest.mark.parametrize(
    "text", [",".join(["a"] * 1001), ",".join(["a()"] * 101), f"a({','.join(['b'] * 1000)})", "a" + "->b" * 100]
)
def test_more_than_a_statement_can_hold_is_refused(text):
    with pytest.raises(RestRefusal, match="failed to parse select parameter") as refused:
        parse_select(text)
    assert "fewer" in refused.value.details
