"""/auth/v1: each route says who may ask it, and nothing is open that does not say so."""

from dataclasses import dataclass

import pytest
from starlette.requests import Request

from functions.auth.access import Access
from functions.auth.dispatch import Route, answer
from functions.auth.routes import ROUTES
from shared.edge.call import Call
from shared.kernel.errors import MissingToken
from shared.quotas.rates import PUBLIC
from shared.tenancy.principal import ANONYMOUS

pytestmark = pytest.mark.anyio


@pytest.fixture
def asked(base_url):
    """`await asked(routes, "DELETE", "/verify")`: what the dispatcher answers to somebody without any credential."""

    async def ask(routes, method: str, path: str):
        scope = {
            "type": "http", "method": method, "path": f"/auth/v1{path}", "query_string": b"", "headers": [],
            "server": ("127.0.0.1", 80), "scheme": "http",
        }  # fmt: skip
        call = Call(Request(scope), {}, "test-request", ANONYMOUS, PUBLIC)
        return await answer(routes, call)

    return ask


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_route_that_is_not_open_refuses_nobody_s_request(auth, route):
    path = route.path.lstrip("/").replace("{id}", "00000000-0000-0000-0000-000000000000")
    for method in {route.method, "HEAD" if route.method == "GET" else route.method}:
        nobody = await auth(method, path, key=None)
        refused = nobody.status_code == 401
        assert refused is (route.access is not Access.OPEN), (method, nobody.text)
        with_key = await auth(method, path, json={})
        if route.access in (Access.PERSON, Access.SERVICE) and not (route.acts and method == "HEAD"):
            assert with_key.status_code in (401, 403), (method, with_key.text)


@pytest.mark.parametrize("access", [each for each in Access if each is not Access.OPEN])
async def test_a_route_beside_an_open_one_on_the_same_path_is_not_open(asked, access):
    async def reached(_visit) -> None:
        raise AssertionError("nobody was let in")

    routes = (Route("GET", "/verify", reached, Access.OPEN), Route("DELETE", "/verify", reached, access))
    with pytest.raises(MissingToken):
        await asked(routes, "DELETE", "/verify")


async def test_a_kind_of_access_that_is_not_known_lets_nobody_in(asked):
    @dataclass(frozen=True)
    class Unknown:
        value: str = "later"

    async def reached(_visit) -> None:
        raise RuntimeError("let in")

    with pytest.raises(AssertionError):
        await asked(
            (
                Route("GET", "/verify", reached, Access.OPEN),
                Route("DELETE", "/verify", reached, Unknown()),  # type: ignore[arg-type]
            ),
            "DELETE",
            "/verify",
        )
