"""Random queries: sound statements that touch no other table and find what the same conditions mean in memory."""

from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from psycopg.rows import dict_row

from shared.platform.rest.app import answer
from shared.platform.rest.program import compiler
from shared.platform.rest.query import (
    Condition,
    Field,
    Filter,
    Group,
    JsonStep,
    OrderTerm,
    Page,
    Path,
    Quantifier,
    Query,
    SelectedField,
    SelectedRelation,
)
from shared.platform.rest.request import Incoming
from tests.shared.platform.rest.grammar.writing import written, written_tree
from tests.shared.platform.rest.meaning import Row, holds
from tests.support.supports import supports

pytestmark = pytest.mark.anyio
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
WORDS = st.sampled_from(
    ["", "a", "ab", "AB", "a%b", "a_b*", "b", "{}", "a,b", "عمر", 'عمر, "x" (y)', "\\", '"', "null"]
)
PATTERNS = st.text("abAB*%_", max_size=4)
NUMBERS = st.sampled_from(["0", "1", "-1", "7", "-7", "5", "2147483647"])
ORDERINGS = ["eq", "neq", "gt", "gte", "lt", "lte", "isdistinct"]
BOTH = st.booleans()


def some(of: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of, min_size=1, max_size=3).filter(lambda each: each != [""]).map(tuple)


def conditions(number: str, text: str) -> list[st.SearchStrategy[Condition]]:
    """Draw conditions on a column of numbers and one of texts."""
    numeric, textual = st.just(Field(number)), st.just(Field(text))
    return [
        st.builds(Condition, numeric, st.sampled_from(ORDERINGS), NUMBERS, BOTH),
        st.builds(Condition, numeric, st.just("in"), some(NUMBERS), BOTH),
        st.builds(
            Condition, numeric, st.sampled_from(["eq", "gt", "lte"]), some(NUMBERS), BOTH, st.sampled_from(Quantifier)
        ),
        st.builds(Condition, textual, st.sampled_from(["eq", "neq", "isdistinct"]), WORDS, BOTH),
        st.builds(Condition, textual, st.sampled_from(["like", "ilike"]), PATTERNS, BOTH),
        st.builds(Condition, textual, st.just("in"), some(WORDS), BOTH),
        st.builds(Condition, textual, st.just("is"), st.sampled_from(["null", "not_null"]), BOTH),
    ]


JSON_TEXT = st.just(Field("facts", (JsonStep("k", as_text=True),)))
OF_STONES = st.one_of(
    *conditions("number", "text"),
    st.builds(
        Condition, st.just(Field("flag")), st.just("is"), st.sampled_from(["true", "false", "unknown", "null"]), BOTH
    ),
    st.builds(Condition, JSON_TEXT, st.sampled_from(["eq", "neq", "isdistinct"]), WORDS, BOTH),
)


def trees(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    plain = of.filter(lambda each: each.quantifier is None)
    grown = st.recursive(
        plain,
        lambda inner: st.builds(
            Group, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3).map(tuple), BOTH
        ),
        max_leaves=6,
    )
    return of | grown


TREES_OF_STONES = trees(OF_STONES)
TREES_OF_CRATES = trees(st.one_of(*conditions("weight", "name")))
SELECTED = (SelectedField(Field("id")),)
EMBEDS = st.sampled_from([None, "left", "inner"])


@st.composite
def queries(draw: Any) -> Query:
    """Draw a query of stones, perhaps with their crate."""
    join = draw(EMBEDS)
    filters: list[tuple[Path, Filter]] = [((), each) for each in draw(st.lists(TREES_OF_STONES, max_size=2))]
    select: tuple[Any, ...] = SELECTED
    if join is not None:
        select = (*SELECTED, SelectedRelation("crates", (SelectedField(Field("name")),), join=join))
        filters += [(("crates",), each) for each in draw(st.lists(TREES_OF_CRATES, max_size=1))]
    page = Page(draw(st.none() | st.integers(1, 6)), draw(st.sampled_from([0, 0, 0, 1, 2])))
    pages = (((), page),) if page != Page() else ()
    order = OrderTerm(Field("id"), descending=draw(BOTH))
    return Query(select=select, filters=tuple(filters), orders=(((), (order,)),), pages=pages)


@pytest.fixture
def stones(films_url) -> list[Row]:
    """Return stones, each with its crate."""
    with psycopg.connect(films_url, row_factory=dict_row) as database:
        crates = {each["id"]: each for each in database.execute("SELECT * FROM films.crates")}
        found = list(database.execute("SELECT * FROM films.stones"))
    return [{**each, "crate": crates.get(each["crate_id"])} for each in found]


def said(query: Query) -> str:
    """Return the query string."""
    plain = tuple((path, each) for path, each in query.filters if isinstance(each, Condition))
    trees = [(path, *written_tree(each)) for path, each in query.filters if isinstance(each, Group)]
    told = [written(msgspec.structs.replace(query, filters=plain))]
    return "&".join([*told, *(f"{quote('.'.join([*path, name]))}={quote(value)}" for path, name, value in trees)])


def meant(query: Query, rows: list[Row]) -> list[Row]:
    own = [each for path, each in query.filters if not path]
    others = [each for path, each in query.filters if path]
    embed = next((each for each in query.select if isinstance(each, SelectedRelation)), None)
    found = []
    for row in rows:
        crate = row["crate"]
        shown = crate if crate is not None and all(holds(crate, each) is True for each in others) else None
        if all(holds(row, each) is True for each in own) and not (embed and embed.join == "inner" and shown is None):
            answered = {"id": row["id"]}
            found.append(answered | ({"crates": shown and {"name": shown["name"]}} if embed else {}))
    found.sort(key=lambda each: each["id"], reverse=bool(query.orders[0][1][0].descending))
    page = query.pages[0][1] if query.pages else Page()
    return found[page.offset :][: page.limit]


@supports("Filters", "what they find is what they mean, shown by random queries against rows in memory")
@MANY
@given(several=st.lists(queries(), min_size=5, max_size=5))
async def test_a_query_finds_what_it_means(several, archive, stones):
    for query in several:
        incoming = Incoming("GET", "/stones", said(query), ())
        found = await answer(incoming, archive)
        assert found.status == 200, (incoming.query, found.body)
        assert msgspec.json.decode(found.body) == meant(query, stones), incoming.query


@settings(MANY, max_examples=25)
@given(query=queries())
async def test_a_statement_touches_no_other_table(query, archive, connection):
    incoming = Incoming("GET", "/stones", said(query), (("prefer", "count=exact"),))
    compiling = compiler(archive.cache, archive.settings)
    main = compiling.program(incoming, compiling.request(incoming)).main
    explained = replace(main, sql=f"EXPLAIN (FORMAT JSON) {main.sql}")
    [plan] = await connection.exchange([explained], timeout_s=10)
    embedded = {"crates"} if any(isinstance(each, SelectedRelation) for each in query.select) else set()
    assert relations(plan.values[0][0]) <= {"stones"} | embedded


def relations(plan: Any) -> set[str]:
    """Return every relation that a node of the plan reads."""
    if isinstance(plan, list):
        return {name for each in plan for name in relations(each)}
    if not isinstance(plan, dict):
        return set()
    own = {plan["Relation Name"]} if "Relation Name" in plan else set()
    return own | {name for each in plan.values() for name in relations(each)}


GARBAGE = st.text("stonecraid=.,()!*:&->'\"\\;% \u00e9%00", max_size=60)


@settings(MANY, max_examples=200)
@given(text=GARBAGE, method=st.sampled_from(["GET", "PATCH", "DELETE", "POST"]))
async def test_garbage_is_never_a_fault_of_ours(text, method, archive):
    incoming = Incoming(method, "/stones", text, (("prefer", "tx=rollback"),), b"{}")
    assert (await answer(incoming, archive)).status < 500
