"""Headers that every answer has: who may read it, how to get a token, when to come again."""

import json

import msgspec
import pytest
from starlette.responses import Response

from shared.edge import response as responses
from shared.edge.response import challenge, encoded, error_response, finish, preflight
from shared.kernel.errors import Conflict, InsufficientScope, InvalidToken, RateLimited
from shared.runtime.settings import settings

PAGE = "https://shop.example"
OTHER = "https://other.example"


@pytest.fixture
def origins(base_url, monkeypatch):
    """Let only pages of these origins call."""

    def allow(*allowed: str) -> None:
        chosen = msgspec.structs.replace(settings(), allowed_origins=frozenset(allowed))
        monkeypatch.setattr(responses, "settings", lambda: chosen)

    return allow


def test_a_body_is_json_and_nothing_has_no_type():
    full, empty = encoded(b"{}", status=201, headers={"X-Own": "1"}), encoded(b"", status=204)
    assert (full.status_code, full.headers["content-type"], full.headers["x-own"]) == (201, "application/json", "1")
    assert (empty.status_code, "content-type" in empty.headers) == (204, False)


def test_a_refusal_is_its_code_its_message_and_its_fields(base_url):
    answer = error_response(Conflict("taken", by="Mona"), request_id="r-1")
    assert answer.status_code == 409
    assert json.loads(bytes(answer.body)) == {
        "error": "conflict",
        "message": "taken",
        "by": "Mona",
        "request_id": "r-1",
    }
    assert not {"retry-after", "www-authenticate"} & set(answer.headers)


def test_how_long_to_wait_is_a_header_too(base_url):
    answer = error_response(RateLimited("slowly", retry_after=7), request_id="r-1")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_401_says_where_a_token_comes_from(base_url):
    told = error_response(InvalidToken("it is over"), request_id="r-1").headers["www-authenticate"]
    assert told == (
        'Bearer error="invalid_token", error_description="it is over", resource_metadata='
        f'"{base_url}/.well-known/oauth-protected-resource/functions/v1/mcp-server", scope="read write admin"'
    )


@pytest.mark.parametrize(("details", "scope"), [({"required": "write"}, "write"), ({}, "read")])
def test_403_names_the_missing_scope(base_url, details, scope):
    told = error_response(InsufficientScope("too little", **details), request_id="r-1").headers["www-authenticate"]
    assert told.startswith('Bearer error="insufficient_scope", error_description="too little", ')
    assert told.endswith(f', scope="{scope}"')


def test_a_description_ends_no_header_and_leaves_no_ascii(base_url):
    assert "error_description=\"a 'b' c?\"" in challenge("x", 'a "b"\\ cé')


def test_any_page_may_call_where_no_origins_are_configured(base_url):
    answer = finish(Response(), origin=PAGE, headers=[])
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    assert "vary" not in answer.headers


def test_pages_of_the_configured_origins_may_call_and_no_others(origins):
    origins(PAGE)
    ours, theirs = (finish(Response(), origin=origin, headers=[]) for origin in (PAGE, OTHER))
    assert (ours.headers["access-control-allow-origin"], ours.headers["vary"]) == (PAGE, "Origin")
    assert "X-Request-Id" in ours.headers["access-control-expose-headers"]
    assert ("access-control-allow-origin" in theirs.headers, theirs.headers["vary"]) == (False, "Origin")


def test_origins_are_for_browsers_and_for_caches(origins):
    origins(PAGE)
    plain = finish(Response(), origin=None, headers=[])
    kept = finish(Response(headers={"cache-control": "max-age=60", "vary": "Accept"}), origin=None, headers=[])
    assert "vary" not in plain.headers
    assert kept.headers.getlist("vary") == ["Accept", "Origin"]
    assert kept.headers.getlist("cache-control") == ["max-age=60"]


def test_an_answer_is_not_cached_or_sniffed_unless_it_says_so(base_url):
    answer = finish(Response(headers={"x-request-id": "own"}), origin=None, headers=[(b"x-request-id", b"ours")])
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert answer.headers.getlist("x-request-id") == ["own"]


@pytest.mark.parametrize(("status", "ends"), [(408, True), (409, False), (200, False)])
def test_a_body_that_was_late_ends_the_connection(base_url, status, ends):
    answer = finish(Response(status_code=status), origin=None, headers=[])
    assert (answer.headers.get("connection") == "close") == ends


@pytest.mark.parametrize(
    ("method", "allowed"), [("GET", "GET, OPTIONS"), ("*", "GET, POST, PUT, PATCH, DELETE, OPTIONS")]
)
def test_a_browser_that_asks_first_hears_methods_headers_and_for_how_long(base_url, method, allowed):
    answer = preflight(PAGE, method)
    assert (answer.status_code, answer.headers["access-control-allow-methods"]) == (204, allowed)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-max-age"] == "86400"
    assert {"authorization", "idempotency-key", "mcp-protocol-version"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )


def test_a_page_of_another_origin_is_not_let_in_by_asking_first(origins):
    origins(PAGE)
    assert "access-control-allow-origin" not in preflight(OTHER, "GET").headers
    assert preflight(PAGE, "GET").headers["access-control-allow-origin"] == PAGE
