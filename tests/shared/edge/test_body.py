"""Reading a body: how much of it, how long for it, of which type, and what is wrong with it."""

import asyncio
from typing import Annotated

import msgspec
import pytest
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request

from shared.edge import body as bodies
from shared.edge.body import (
    MalformedJson,
    RequestTimeout,
    decode_json,
    parse_body,
    parse_fields,
    read_body,
    stream_body,
    validate,
)
from shared.kernel.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.runtime.settings import settings

pytestmark = pytest.mark.anyio
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Line(BaseModel):
    sku: str


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)] = "none"
    lines: list[Line] = []
    tags: dict[str, int] = {}


def request_of(*pieces: bytes | None, headers: dict[bytes, bytes] | None = None, pause_s: float = 0) -> Request:
    """Return a request whose body comes in these pieces; None is a client that has gone."""
    waiting = list(pieces)

    async def receive():
        await asyncio.sleep(pause_s)
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    return Request({"type": "http", "headers": list((headers or {}).items())}, receive)


async def collected(pieces):
    return [piece async for piece in pieces]


@pytest.fixture
def patience(base_url, monkeypatch):
    """Wait so many seconds for a body."""

    def set_patience(seconds: float) -> None:
        chosen = msgspec.structs.replace(settings(), body_timeout_s=seconds)
        monkeypatch.setattr(bodies, "settings", lambda: chosen)

    return set_patience


async def test_a_body_is_all_of_its_pieces(base_url):
    assert await read_body(request_of(b"ab", b"", b"cd")) == b"abcd"


async def test_a_message_without_body_is_an_empty_one(base_url):
    async def receive():
        return {"type": "http.request"}

    assert await read_body(Request({"type": "http", "headers": []}, receive)) == b""


@pytest.mark.parametrize("pieces", [(b"12345",), (b"123", b"45"), (b"123", b"4", b"5")])
async def test_as_many_bytes_as_the_limit_are_taken_and_not_one_more(base_url, pieces):
    assert await read_body(request_of(*pieces), limit=5) == b"12345"
    with pytest.raises(PayloadTooLarge) as refused:
        await read_body(request_of(*pieces), limit=4)
    assert refused.value.details == {"limit_bytes": 4}


@pytest.mark.parametrize(("declared", "taken"), [(b"5", True), (b"6", False), (b"1" * 400, False), (b"x", True)])
async def test_a_declared_size_above_the_limit_stops_the_read(base_url, declared, taken):
    request = request_of(b"12345", headers={b"content-length": declared, b"x-length": b"9"})
    if taken:
        assert await read_body(request, limit=5) == b"12345"
        return
    with pytest.raises(PayloadTooLarge) as refused:
        await read_body(request, limit=5)
    assert refused.value.details == {"limit_bytes": 5}
    assert (await request.receive())["body"] == b"12345"


async def test_without_a_limit_of_its_own_a_body_has_the_hosts(base_url):
    most = settings().max_body_bytes
    assert len(await read_body(request_of(b"x" * most))) == most
    with pytest.raises(PayloadTooLarge):
        await read_body(request_of(b"x" * most, b"x"))


@pytest.mark.parametrize("pieces", [(None,), (b"12", None)])
async def test_a_client_that_has_gone_is_told_from_a_body(base_url, pieces):
    with pytest.raises(ClientDisconnect):
        await read_body(request_of(*pieces))


async def test_408_for_a_body_that_does_not_come(patience):
    patience(0.02)
    with pytest.raises(RequestTimeout):
        await read_body(request_of(b"12", pause_s=5))


async def test_a_stream_gives_the_pieces_as_they_come(base_url):
    assert [piece async for piece in stream_body(request_of(b"ab", b"c"), limit=3)] == [b"ab", b"c"]


async def test_a_stream_ends_where_more_comes_than_is_allowed(base_url):
    pieces = stream_body(request_of(b"ab", b"c", b"d"), limit=3)
    assert [await anext(pieces), await anext(pieces)] == [b"ab", b"c"]
    with pytest.raises(PayloadTooLarge) as refused:
        await anext(pieces)
    assert refused.value.details == {"limit_bytes": 3}


async def test_a_stream_that_is_declared_too_large_does_not_begin(base_url):
    pieces = stream_body(request_of(b"", headers={b"content-length": b"4"}), limit=3)
    with pytest.raises(PayloadTooLarge):
        await anext(pieces)


async def test_a_stream_that_comes_at_some_pace_may_take_longer_than_one_body(patience):
    patience(0.3)
    pieces = [b"x" * 16_384] * 4
    got = [piece async for piece in stream_body(request_of(*pieces, pause_s=0.12), limit=100_000)]
    assert got == pieces


async def test_408_for_a_stream_that_comes_drop_by_drop(patience):
    patience(0.2)
    pieces = stream_body(request_of(*[b"x"] * 9, pause_s=0.05), limit=100)
    with pytest.raises(RequestTimeout):
        await collected(pieces)


async def test_the_receivers_own_time_is_not_the_senders(patience):
    patience(0.1)
    got = []
    async for piece in stream_body(request_of(b"a", b"b", b"c"), limit=3):
        await asyncio.sleep(0.08)
        got.append(piece)
    assert got == [b"a", b"b", b"c"]


@pytest.mark.parametrize("kind", [JSON, "Application/JSON; charset=utf-8", "application/vnd.api+json", "", " ;x=1"])
def test_json_of_any_name_is_read(kind):
    assert parse_body(Order, b'{"name":"Mona"}', kind, form=False).name == "Mona"


@pytest.mark.parametrize("kind", ["text/plain", FORM, "application/jsonx", "json"])
def test_415_for_another_type(kind):
    with pytest.raises(UnsupportedMediaType):
        parse_body(Order, b'{"name":"Mona"}', kind, form=False)


def test_an_empty_body_is_an_empty_object():
    assert parse_body(Order, b"", JSON, form=False).name == "none"


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=utf-8", FORM.upper()])
def test_a_form_is_read_where_the_function_takes_one(kind):
    assert parse_body(Order, b"name=Mona+Aly%26", kind, form=True).name == "Mona Aly&"


def test_a_function_that_takes_a_form_takes_json_too():
    assert parse_body(Order, b'{"name":"Mona"}', JSON, form=True).name == "Mona"


def test_an_empty_value_of_a_form_is_a_value():
    with pytest.raises(InvalidRequest):
        parse_fields(Order, "name=")


@pytest.mark.parametrize(("query", "taken"), [("name=a", True), ("name=a&name=a", False), ("name=a&name=b", False)])
def test_a_repeated_name_is_refused(query, taken):
    if taken:
        assert parse_fields(Order, query).name == "a"
        return
    with pytest.raises(InvalidRequest) as refused:
        parse_fields(Order, query)
    assert "twice" in refused.value.message


@pytest.mark.parametrize("raw", [b"{", b"{'a':1}", b'"\xff"', b"1 2", b"[" * 200_000, b'{"a":' * 200_000])
def test_400_for_what_is_no_json(raw):
    with pytest.raises(MalformedJson) as refused:
        decode_json(raw)
    assert refused.value.message.startswith("the body is ")


def test_each_fault_has_a_pointer_and_a_reason_and_never_the_value():
    sent = {"lines": [{"sku": "a"}, {"sku": 7}], "tags": {"a/b~c": "secret"}, "other": 1}
    with pytest.raises(InvalidRequest) as refused:
        validate(Order, sent)
    errors = refused.value.details["errors"]
    assert [each["pointer"] for each in errors] == ["/lines/1/sku", "/tags/a~1b~0c", "/other"]
    assert all(set(each) == {"pointer", "message"} and each["message"] for each in errors)
    assert "secret" not in str(errors) + refused.value.message
    assert refused.value.message == "the request is not valid: " + "; ".join(
        f"{each['pointer']}: {each['message']}" for each in errors
    )


def test_a_fault_of_the_whole_body_points_to_all_of_it():
    with pytest.raises(InvalidRequest) as refused:
        validate(Order, [1])
    assert refused.value.details["errors"][0]["pointer"] == ""
    assert refused.value.message.startswith("the request is not valid: the body: ")


def test_the_first_twenty_faults_are_listed_and_three_are_described():
    with pytest.raises(InvalidRequest) as refused:
        validate(Order, {f"x{number}": 1 for number in range(30)})
    assert len(refused.value.details["errors"]) == 20
    assert refused.value.message.count(";") == 2
