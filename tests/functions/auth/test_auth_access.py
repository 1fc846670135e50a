"""/auth/v1: each route says who may ask it, and nothing is open that does not say so."""

import pytest
from starlette.requests import Request

from functions.auth.access import person, project, service
from functions.auth.context import PREFIX
from functions.auth.routes import ROUTES
from shared.edge.call import Call
from shared.edge.routing import Route, Routes, answer, open_to_all
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
        return await answer(Routes(PREFIX, routes), call)

    return ask


@pytest.mark.parametrize("route", list(ROUTES), ids=lambda route: f"{route.method} {route.path}")
async def test_401_without_a_key_for_every_route_that_is_not_open(auth, route):
    path = route.template.lstrip("/").replace("{id}", "00000000-0000-0000-0000-000000000000")
    for method in {route.method, "HEAD" if route.method == "GET" else route.method}:
        nobody = await auth(method, path, key=None)
        refused = nobody.status_code == 401
        assert refused is (route.admit is not open_to_all), (method, nobody.text)
        with_key = await auth(method, path, json={})
        if route.admit in (person, service) and not (route.acts and method == "HEAD"):
            assert with_key.status_code in (401, 403), (method, with_key.text)


@pytest.mark.parametrize("admit", [project, person, service])
async def test_a_route_beside_an_open_one_on_the_same_path_is_not_open(asked, admit):
    async def reached(_context) -> None:
        raise AssertionError("nobody was let in")

    routes = (Route("GET", "/verify", reached, open_to_all), Route("DELETE", "/verify", reached, admit))
    with pytest.raises(MissingToken):
        await asked(routes, "DELETE", "/verify")


def test_a_route_that_admits_nobody_by_name_cannot_be_declared():
    async def reached(_call) -> None:
        raise RuntimeError("let in")

    with pytest.raises(TypeError, match="admit"):
        Route("DELETE", "/verify", reached)  # type: ignore[call-arg]
