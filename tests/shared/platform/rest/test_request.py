"""A request read whole: target, action, schema, page."""

import pytest

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.media import MediaType
from shared.platform.rest.payload import JsonPayload
from shared.platform.rest.query import Page
from shared.platform.rest.request import Action, Incoming, Request, read
from shared.platform.rest.settings import OpenApiMode, RestSettings
from tests.support.supports import supports

SETTINGS = RestSettings(schemas=("api", "v2"))


def asked(method: str, url: str, *, settings: RestSettings = SETTINGS, body: bytes = b"", **headers: str) -> Request:
    path, _, query = url.partition("?")
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return read(Incoming(method, path, query, named, body), settings, frozenset())


@pytest.mark.parametrize(
    ("method", "path", "action", "target"),
    [
        ("GET", "/orders", Action.READ, "orders"),
        ("HEAD", "/orders", Action.READ, "orders"),
        ("DELETE", "/my%20table", Action.DELETE, "my table"),
        ("OPTIONS", "/orders", Action.INFO, "orders"),
        ("GET", "/rpc/add", Action.CALL, "add"),
        ("HEAD", "/rpc/add", Action.CALL, "add"),
        ("POST", "/rpc/add", Action.CALL, "add"),
        ("OPTIONS", "/rpc/add", Action.INFO, "add"),
        ("GET", "/rpc", Action.READ, "rpc"),
        ("GET", "/", Action.DESCRIBE, ""),
        ("HEAD", "", Action.DESCRIBE, ""),
        ("OPTIONS", "/", Action.INFO, ""),
    ],
)
def test_path_and_method_say_what_is_done(method, path, action, target):
    request = asked(method, path)
    assert (request.action, request.target, request.is_function) == (action, target, path.startswith("/rpc/"))


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_writes_have_a_body(method):
    request = asked(method, "/orders", body=b'{"a":1}')
    assert request.payload == JsonPayload('{"a":1}', ("a",), is_array=False)


def test_a_delete_ignores_its_body():
    assert asked("DELETE", "/orders", body=b"{").payload is None


@supports("Refusals", "paths, methods, schemas and ranges that cannot be, by PostgREST's codes")
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/a/b", 404, "PGRST125"),
        ("GET", "/orders/", 404, "PGRST125"),
        ("GET", "/rpc/", 404, "PGRST125"),
        ("GET", "/rpc/a/b", 404, "PGRST125"),
        ("GET", "/a%00", 400, "22021"),
        ("PATCH", "/rpc/add", 405, "PGRST101"),
        ("TRACE", "/orders", 405, "PGRST117"),
        ("POST", "/", 405, "PGRST117"),
        ("PUT", "/orders?limit=1", 400, "PGRST114"),
        ("GET", "/orders?select=(", 400, "PGRST100"),
    ],
)
def test_an_impossible_request_is_refused(method, path, status, code):
    with pytest.raises(RestRefusal) as refused:
        asked(method, path, body=b"{}")
    assert (refused.value.status, refused.value.code) == (status, code)


def test_the_description_may_be_off():
    with pytest.raises(RestRefusal) as refused:
        asked("GET", "/", settings=RestSettings(openapi_mode=OpenApiMode.DISABLED))
    assert (refused.value.status, refused.value.code) == (404, "PGRST126")


def test_the_schema_comes_from_the_header_of_its_direction():
    assert asked("GET", "/orders").schema == "api"
    assert asked("GET", "/orders", accept_profile="v2", content_profile="none").schema == "v2"
    assert asked("POST", "/orders", accept_profile="none", content_profile="v2", body=b"{}").schema == "v2"
    with pytest.raises(RestRefusal) as refused:
        asked("GET", "/orders", accept_profile="secret")
    assert (refused.value.status, refused.value.code) == (406, "PGRST106")
    assert refused.value.message == "Invalid schema: secret"
    assert refused.value.hint == "Only the following schemas are exposed: api, v2"


@supports("Order and pages", "the `Range` header, within `limit` and `offset`; 416 where nothing is left")
@pytest.mark.parametrize(
    ("query", "header", "page"),
    [
        ("", "0-9", Page(10, 0)),
        ("", "5-", Page(None, 5)),
        ("", "items=0-9", Page(None, 0)),
        ("", "lots", Page(None, 0)),
        ("limit=5&offset=2", "0-3", Page(2, 2)),
        ("limit=5&offset=2", "4-99", Page(3, 4)),
        ("limit=0", "0-9", Page(0, 0)),
    ],
)
def test_the_range_header_narrows_the_page(query, header, page):
    assert asked("GET", f"/orders?{query}", range=header).page == page


def test_the_range_header_counts_for_get_alone():
    assert asked("HEAD", "/orders?limit=3", range="0-1").page == Page(3)


@pytest.mark.parametrize(
    ("query", "header", "told"),
    [
        ("", "9-0", "The lower boundary must be lower than or equal to the upper boundary in the Range header."),
        ("limit=2", "5-9", "Limit should be greater than or equal to zero."),
    ],
)
def test_an_empty_range_is_refused(query, header, told):
    with pytest.raises(RestRefusal) as refused:
        asked("GET", f"/orders?{query}", range=header)
    assert (refused.value.status, refused.value.code, refused.value.details) == (416, "PGRST103", told)


def test_a_host_may_say_how_many_rows_are_read_by_default():
    settings = RestSettings(schemas=("api",), default_rows=25)
    assert asked("GET", "/orders?offset=5", settings=settings).page == Page(25, 5)
    assert asked("GET", "/orders?limit=90", settings=settings).page == Page(90)
    assert asked("PATCH", "/orders", settings=settings, body=b"{}").page == Page()


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/orders", "/orders"),
        ("/my%20table?select=id&a=eq.x+y", "/my%20table?a=eq.x%20y&select=id"),
        ("/orders?b=lt.9&a&b=gt.1", "/orders?a=&b=lt.9,gt.1"),
    ],
)
def test_a_read_answer_has_its_own_location(url, location):
    assert asked("GET", url).location == location
    assert asked("DELETE", url).location == ""


def test_headers_and_cookies_are_kept_apart():
    request = asked("GET", "/orders", cookie='a=1; b="2"', x_note="hi")
    assert (request.headers, request.cookies) == ({"x-note": "hi"}, {"a": "1", "b": "2"})


def test_a_header_that_repeats_is_one_list():
    sent = (("prefer", "count=exact"), ("prefer", "return=minimal"))
    request = read(Incoming("GET", "/a", "", sent), SETTINGS, frozenset())
    assert (request.preferences.count, request.preferences.returned) == ("exact", "minimal")
    assert request.media.type is MediaType.JSON
