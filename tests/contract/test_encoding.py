"""An address is UTF-8: other bytes in its path or query are refused on every function and surface, never a 500."""

import pytest

from infra import functions
from shared.edge.routing import ANY, Route

pytestmark = pytest.mark.anyio

QUERIES = ("a=%FF", "limit=%c3%28", "%80=1", "a=b&apikey=%ed%a0%80")
ROUTES = [
    pytest.param(spec.routes.prefix, route, id=f"{route.method} {spec.routes.prefix}{route.path}")
    for spec in functions.specs()
    for route in spec.routes or ()
    if spec.routes and route.path != ANY
]


@pytest.mark.parametrize("query", QUERIES)
async def test_400_for_a_query_that_is_not_utf_8(query, spec, ask, caller_of):
    answer = await ask(spec, as_=caller_of(spec), query=query)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(("prefix", "route"), ROUTES)
async def test_400_for_a_route_with_an_address_that_is_not_utf_8(prefix: str, route: Route, http, services):
    path = prefix + route.template.replace("{id}", "%FF").replace("{bucket}", "%FF").replace("{name}", "a%FFb")
    headers = {"apikey": services.secrets.secret_key}
    answers = [await http.request(route.method, f"{path}?{query}", headers=headers) for query in QUERIES]
    if "%" in path:
        answers.append(await http.request(route.method, path, headers=headers))
    assert {answer.status_code for answer in answers} == {400}


async def test_200_for_letters_beyond_ascii(http):
    answer = await http.get("/llms.txt?%D9%85=%D8%B5")
    assert answer.status_code == 200
