"""An address is UTF-8: other bytes in its path or query are refused on every function and surface, never a 500."""

import pytest

pytestmark = pytest.mark.anyio

QUERIES = ("a=%FF", "limit=%c3%28", "%80=1", "a=b&apikey=%ed%a0%80")


@pytest.mark.parametrize("query", QUERIES)
async def test_400_for_a_query_that_is_not_utf_8(query, spec, ask, caller_of):
    answer = await ask(spec, as_=caller_of(spec), query=query)
    assert answer.status_code == 400, answer.text


async def test_200_for_letters_beyond_ascii(http):
    answer = await http.get("/llms.txt?%D9%85=%D8%B5")
    assert answer.status_code == 200
