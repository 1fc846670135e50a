"""Whatever can be asked reads back as it was meant; whatever cannot is refused by name, never with a fault of ours."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.grammar.logic import parse_logic
from shared.platform.rest.grammar.query_string import parse_query
from shared.platform.rest.query import Group, Query
from tests.shared.platform.rest.grammar.writing import GROUPS, QUERIES, written, written_tree

ALPHABET = st.sampled_from([*'abc01(){}[]<>.,:;!*"\\-_ $%&=+#\0é\u200f', "->", "->>", "::", "...", "not.", "and", "or"])
WORDS = st.sampled_from(
    ["select", "order", "limit", "offset", "columns", "on_conflict", "in", "is.null", "eq.", "count()"]
)
GARBAGE = st.lists(ALPHABET | WORDS, max_size=40).map("".join)


@settings(max_examples=120, deadline=None)
@given(QUERIES)
def test_a_query_reads_back_as_it_was_meant(query: Query):
    assert parse_query(written(query)) == query


@settings(max_examples=100, deadline=None)
@given(GROUPS)
def test_a_tree_reads_back_as_it_was_meant(group: Group):
    assert parse_logic(*written_tree(group)) == ((), group)


@settings(max_examples=600, deadline=None)
@given(GARBAGE, st.booleans())
def test_garbage_is_a_query_or_refused(text: str, reads_function: bool):
    answer = attempted(text, reads_function=reads_function)
    if isinstance(answer, RestRefusal):
        assert (answer.status, answer.code) in {(400, "PGRST100"), (416, "PGRST103"), (400, "22021"), (400, "22P02")}


def attempted(text: str, *, reads_function: bool) -> Query | RestRefusal:
    try:
        return parse_query(text, reads_function=reads_function)
    except RestRefusal as refusal:
        return refusal
