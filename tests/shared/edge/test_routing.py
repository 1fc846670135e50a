"""A table of routes: which route answers a request, with which arguments, and what is refused."""

import uuid
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from shared.edge.call import Call
from shared.edge.routing import ANY, NoSuchPath, Route, Routes, answer, open_to_all
from shared.kernel.errors import Forbidden, MethodNotAllowed
from shared.quotas.rates import PUBLIC
from shared.tenancy.principal import ANONYMOUS

pytestmark = pytest.mark.anyio
ID = uuid.UUID(int=7)


async def echo(_call: Call, **arguments: Any) -> dict[str, Any]:
    """Return the arguments."""
    return arguments


async def echo_other(_call: Call, **arguments: Any) -> dict[str, Any]:
    """Return the arguments, from the other route."""
    return {"other": True, **arguments}


ROUTES = Routes(
    "/v1",
    [
        Route("GET", "/things", echo, open_to_all),
        Route("POST", "/things", echo, open_to_all, status=201),
        Route("GET", "/things/{id:uuid}", echo, open_to_all),
        Route("GET", "/link", echo, open_to_all, acts=True),
        Route("GET", "/files/first/{name:path}", echo_other, open_to_all),
        Route("GET", "/files/{folder}/{name:path}", echo, open_to_all),
        Route("DELETE", "/files/{folder}", echo, open_to_all),
        Route("GET", "/files.{kind}", echo, open_to_all),
    ],
)


@pytest.fixture
def send():
    """`await send("GET", "/things")`: the response of the table."""

    async def request(method: str, path: str, routes: Routes = ROUTES) -> Response:
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
        return await answer(routes, Call(Request(scope), {}, "test-request", ANONYMOUS, PUBLIC))

    return request


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/v1/things", 200, b"{}"),
        ("GET", "/v1/things/", 200, b"{}"),
        ("HEAD", "/v1/things", 200, b"{}"),
        ("POST", "/v1/things", 201, b"{}"),
        ("GET", f"/v1/things/{ID}", 200, f'{{"id":"{ID}"}}'.encode()),
        ("GET", f"/v1/things/{ID}/", 200, f'{{"id":"{ID}"}}'.encode()),
        ("GET", "/v1/files/first/x", 200, b'{"other":true,"name":"x"}'),
        ("GET", "/v1/files/second/a/b/", 200, b'{"folder":"second","name":"a/b/"}'),
        ("GET", "/v1/files/second/a\nb", 200, b'{"folder":"second","name":"a\\nb"}'),
        ("DELETE", "/v1/files/first/", 200, b'{"folder":"first"}'),
        ("GET", "/v1/files.json", 200, b'{"kind":"json"}'),
        ("GET", "/v1/link", 200, b"{}"),
    ],
)
async def test_the_route_of_the_method_and_path_answers(send, method, path, status, body):
    response = await send(method, path)
    assert (response.status_code, response.body) == (status, body)


@pytest.mark.parametrize(
    "path", ["", "/", "/v1", "/v1/", "/v1/things/x", "/v1/things//", "/v1/files", "/v1/filesxjson", "/v1/thing"]
)
async def test_404_for_a_path_that_is_not_in_the_table(send, path):
    with pytest.raises(NoSuchPath):
        await send("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/things", ["GET", "HEAD", "POST"]),
        ("POST", f"/v1/things/{ID}", ["GET", "HEAD"]),
        ("HEAD", "/v1/link", ["GET"]),
        ("GET", "/v1/files/first", ["DELETE"]),
    ],
)
async def test_405_names_the_methods_of_the_path(send, method, path, allowed):
    with pytest.raises(MethodNotAllowed) as refused:
        await send(method, path)
    assert refused.value.details["allowed"] == allowed


async def test_a_route_of_every_method_and_path_takes_what_no_other_route_takes(send):
    routes = Routes("", [Route("GET", "/things", echo, open_to_all), Route(ANY, ANY, echo_other, open_to_all)])
    bodies = [
        (await send(method, path, routes)).body for method, path in [("GET", "/things"), ("PUT", "/x/y"), ("GET", "")]
    ]
    assert bodies == [b"{}", b'{"other":true}', b'{"other":true}']


async def test_nothing_is_read_or_done_for_a_caller_who_is_not_admitted(send):
    async def nobody(_call: Call) -> None:
        raise Forbidden

    async def reached(_call: Call) -> None:
        raise AssertionError("was let in")

    with pytest.raises(Forbidden):
        await send("GET", "/things", Routes("", [Route("GET", "/things", reached, nobody)]))


async def test_an_answer_of_nothing_has_no_body(send):
    async def nothing(_call: Call) -> None:
        """Return nothing."""

    response = await send("GET", "/x", Routes("", [Route("GET", "/x", nothing, open_to_all, status=204)]))
    assert (response.status_code, response.body) == (204, b"")
