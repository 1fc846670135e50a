"""What HTTP refuses before a body is read, in which words, and what it lets pass."""

import pytest

from shared.kernel.errors import Refusal
from shared.platform.mcp.protocol import dispatch
from shared.platform.mcp.transport import Reply, check, origin_allowed

HEADERS = {"content-type": "application/json", "accept": "application/json"}
PAGE = "https://app.example"


@pytest.fixture
def refuse():
    def refusal_of(*, origins=(PAGE,), **headers):
        sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            check({name: value for name, value in sent.items() if value is not None}, origins=origins)
        except Refusal as refusal:
            return refusal
        return None

    return refusal_of


@pytest.mark.anyio
@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "post"])
async def test_405_allows_post_alone(server, session, verb):
    assert await dispatch(server, verb, HEADERS, b"{}", session) == Reply(405, b"", {"allow": "POST"})


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"origin": "https://other.example"}, 403, "forbidden_origin"),
        ({"accept": "text/html"}, 406, "not_acceptable"),
        ({"content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"content_type": None}, 415, "unsupported_media_type"),
    ],
)
def test_a_refusal_is_the_one_error_body(refuse, headers, status, error):
    refusal = refuse(**headers)
    body = refusal.body("r-1")
    assert refusal.status == status
    assert (body["error"], body["request_id"], set(body)) == (error, "r-1", {"error", "message", "request_id"})
    assert body["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": PAGE}, {"content_type": "Application/JSON; charset=utf-8"}, {"content_type": " application/json "}],
)
def test_the_headers_of_every_client_pass(refuse, headers):
    assert refuse(**headers) is None


@pytest.mark.parametrize(
    "accept",
    [None, "", " , ", "*/*", "application/*", "APPLICATION/JSON", "text/html, application/json;q=0.1",
     "application/json ; q=0.01", "application/json;v=1;q=1", "text/event-stream,*/*;q=0.001"],
)  # fmt: skip
def test_a_client_that_takes_json_is_answered(refuse, accept):
    assert refuse(accept=accept) is None


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/json; q = 0.0", "*/*;q=0.00", "application/*;v=1; q=0.000",
     "application/jsonx, text/*"],
)  # fmt: skip
def test_406_for_a_client_that_excludes_json(refuse, accept):
    assert refuse(accept=accept).status == 406


@pytest.mark.parametrize(
    ("origin", "allowed", "may"),
    [
        (PAGE, [PAGE], True),
        (PAGE, [], False),
        (f"{PAGE}:8443", [PAGE], False),
        ("http://localhost:6274", ["http://127.0.0.1:54321"], True),
        ("http://[::1]:6274", [PAGE, "http://localhost"], True),
        ("http://localhost:6274", [PAGE], False),
        (PAGE, ["http://127.0.0.1:54321"], False),
        ("http://localhost.example", ["http://127.0.0.1"], False),
        ("http://[", ["http://127.0.0.1"], False),
        ("null", ["http://127.0.0.1"], False),
    ],
)
def test_configured_origins_may_call_and_loopback_for_loopback(origin, allowed, may):
    assert origin_allowed(origin, allowed) == may
