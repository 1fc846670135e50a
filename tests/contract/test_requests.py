"""What a request may look like: whatever arrives, the answer is a clear one, in the one shape, and never a 500."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contract.malformed_bodies import JSON, MALFORMED, TEN_MEGABYTES

pytestmark = pytest.mark.anyio

WRONG = {
    "an array": [],
    "a text": "text",
    "a number": 1,
    "null": None,
    "true": True,
    "an unknown field": {"no_such_field_here": 1},
    "a huge number": {"no_such_field_here": 10**400},
}
OF_NO_TYPE: tuple[Any, ...] = ({"nested": []}, [[]], "x" * 5000)


@pytest.mark.parametrize("form", MALFORMED)
async def test_400_for_a_body_that_is_no_json(form, spec_with_body, ask, refused, caller_of):
    answer = await ask(spec_with_body, as_=caller_of(spec_with_body), content=MALFORMED[form], headers=JSON)
    refused(answer, 400, "malformed_json")


@pytest.mark.parametrize("form", WRONG)
async def test_4xx_that_points_at_the_fault_for_json_of_another_shape(form, spec_with_body, ask, refused, caller_of):
    sent = json.dumps(WRONG[form]).encode()
    answer = await ask(spec_with_body, as_=caller_of(spec_with_body), content=sent, headers=JSON)
    body = refused(answer, 422, "invalid_request")
    assert all({"pointer", "message"} == each.keys() for each in body["errors"])
    assert body["errors"]


async def test_422_for_each_field_of_a_wrong_type(spec_with_body, ask, refused, caller_of):
    as_ = caller_of(spec_with_body)
    for name in spec_with_body.body.model_fields:
        for value in OF_NO_TYPE:
            answer = await ask(spec_with_body, as_=as_, json={name: value})
            assert answer.status_code in {401, 422, 429}, (name, value, answer.text)


async def test_422_for_text_that_the_database_cannot_hold(spec_with_body, ask, caller_of):
    as_ = caller_of(spec_with_body)
    fields = dict.fromkeys(spec_with_body.body.model_fields, "nul \u0000 inside")
    answer = await ask(spec_with_body, as_=as_, json=fields)
    assert answer.status_code in {400, 422}, answer.text


@pytest.mark.parametrize("query", ["no_such=1", "limit=0", "limit=101", "limit=x", "cursor=%00", "limit=1&limit=2"])
async def test_422_for_a_query_that_the_model_does_not_take(query, spec_with_model, ask, refused, caller_of):
    if spec_with_model.method != "GET":
        return
    answer = await ask(spec_with_model, as_=caller_of(spec_with_model), query=query)
    assert answer.json()["error"] in {"invalid_request", "invalid_cursor"}
    refused(answer, 422, answer.json()["error"])


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", ";"])
async def test_415_for_a_body_of_another_type(kind, spec_with_body, ask, refused, caller_of):
    answer = await ask(spec_with_body, as_=caller_of(spec_with_body), content=b"<a/>", headers={"Content-Type": kind})
    if kind == ";":
        refused(answer, 400, "malformed_json")
    else:
        refused(answer, 415, "unsupported_media_type")


async def test_413_for_ten_megabytes(spec_with_body, ask, refused, caller_of):
    as_ = caller_of(spec_with_body)
    body = refused(
        await ask(spec_with_body, as_=as_, content=b" " * TEN_MEGABYTES, headers=JSON), 413, "payload_too_large"
    )
    assert body["limit_bytes"] < TEN_MEGABYTES

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(TEN_MEGABYTES // 65_536):
            yield b" " * 65_536

    refused(await ask(spec_with_body, as_=as_, content=chunks(), headers=JSON), 413, "payload_too_large")


async def test_an_unexpected_body_changes_nothing(spec_of_function, ask, caller_of):
    if spec_of_function.body is not None:
        return
    answer = await ask(spec_of_function, as_=caller_of(spec_of_function), content=b"{" * 1000, headers=JSON)
    assert answer.status_code == spec_of_function.status


async def test_405_with_the_methods_that_are_answered(spec_of_function, ask, refused):
    methods = ["GET", "HEAD"] if spec_of_function.method == "GET" else [spec_of_function.method]
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(methods):
        answer = await ask(spec_of_function, method=method)
        body = refused(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == ", ".join(methods)
        assert body["allowed"] == methods


async def test_head_is_answered_where_get_is(spec_of_function, ask, caller_of):
    as_ = caller_of(spec_of_function)
    head = await ask(spec_of_function, as_=as_, method="HEAD", example=True)
    assert not head.content
    if spec_of_function.method != "GET":
        assert (head.status_code, head.headers["allow"]) == (405, spec_of_function.method)
        return
    get = await ask(spec_of_function, as_=as_, example=True)
    assert (head.status_code, head.headers["content-type"]) == (get.status_code, get.headers["content-type"])


async def test_204_for_a_preflight_from_any_origin(spec, ask):
    answer = await ask(spec, method="OPTIONS", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"]


async def test_only_browsers_get_the_headers_of_cors(spec_of_function, ask):
    asked = await ask(spec_of_function, headers={"Origin": "https://shop.example"})
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "X-Request-Id" in asked.headers["access-control-expose-headers"]
    assert not [name for name in (await ask(spec_of_function)).headers if name.startswith("access-control-")]


async def test_a_request_gets_our_id_beside_the_id_of_the_client(spec_of_function, ask):
    names = set()
    for theirs in ("my-request.0001", "my-request.0001", "short", "with space in it", "x" * 129):
        answer = await ask(spec_of_function, headers={"X-Request-Id": theirs})
        names.add(answer.headers["x-request-id"])
    assert len(names) == 5
    assert all(len(name) == 32 and int(name, 16) for name in names)


async def test_422_for_an_invalid_idempotency_key(spec_of_function, ask, caller_of):
    if spec_of_function.tx == "own":
        return
    as_ = caller_of(spec_of_function)
    for key in ("", "k" * 256, "käy".encode()):
        answer = await ask(spec_of_function, as_=as_, headers={"Idempotency-Key": key})
        assert answer.status_code == 422, answer.text
