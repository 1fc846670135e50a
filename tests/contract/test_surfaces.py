"""The surfaces refuse in the protocols that they speak; what arrives may be anything there too."""

import pytest

from tests.contract.malformed_bodies import JSON, MALFORMED, TEN_MEGABYTES

pytestmark = pytest.mark.anyio
MCP = "/functions/v1/mcp-server"


@pytest.mark.parametrize("form", MALFORMED)
async def test_mcp_400_for_a_message_that_is_no_json(form, http, org):
    answer = await http.post(MCP, content=MALFORMED[form], headers=org.agent().headers | JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == -32700
    assert answer.json()["id"] is None


async def test_mcp_refuses_by_http_what_comes_before_the_message(http, org):
    headers = org.agent().headers
    large = await http.post(MCP, content=b" " * TEN_MEGABYTES, headers=headers | JSON)
    other = await http.post(MCP, content=b"<a/>", headers=headers | {"Content-Type": "text/xml"})
    read = await http.get(MCP, headers=headers)
    assert [answer.status_code for answer in (large, other, read)] == [413, 415, 405]
    assert [answer.json()["error"] for answer in (large, other, read)] == [
        "payload_too_large", "unsupported_media_type", "method_not_allowed",
    ]  # fmt: skip
    assert read.headers["allow"] == "POST"


@pytest.fixture
def apikey(services):
    return {"apikey": services.secrets.publishable_key}


@pytest.mark.parametrize("form", MALFORMED)
@pytest.mark.parametrize("path", ["signup", "token?grant_type=password"])
async def test_auth_400_for_a_body_that_is_no_json(form, path, http, apikey):
    answer = await http.post(f"/auth/v1/{path}", content=MALFORMED[form], headers=apikey | JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] == answer.headers["x-sb-error-code"] == "bad_json"


async def test_auth_refuses_by_http_what_comes_before_the_body(http, apikey):
    large = await http.post("/auth/v1/signup", content=b" " * TEN_MEGABYTES, headers=apikey | JSON)
    other = await http.post("/auth/v1/signup", content=b"<a/>", headers=apikey | {"Content-Type": "text/xml"})
    verb = await http.delete("/auth/v1/signup", headers=apikey)
    nobody = await http.post("/auth/v1/signup", json={})
    absent = await http.get("/auth/v1/no-such-path", headers=apikey)
    answers = (large, other, verb, nobody, absent)
    assert [answer.status_code for answer in answers] == [413, 415, 405, 401, 404]
    assert verb.headers["allow"] == "POST"
    assert all({"code", "error_code", "msg"} <= answer.json().keys() for answer in answers)
    assert all("x-request-id" in answer.headers for answer in answers)
