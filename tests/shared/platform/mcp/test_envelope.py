"""Envelopes: each error is one that JSON-RPC knows, with words, and no reader of a message sees another one in it."""

import msgspec
import pytest

from shared.platform.mcp.envelope import (
    Notification,
    RpcError,
    RpcRequest,
    decode,
    failure,
    members,
    read,
    request_id,
    success,
)

DEEP = 200_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"\xff"',
        b"1e999",
        b"[" * DEEP,
        b'{"a":1,"a":1}',
        b'{"a":[{"b":1},{"b":1,"c":2,"b":3}]}',
        b'{"a":{"b":1,"\\u0062":2}}',
    ],
)
def test_malformed_json_or_a_repeated_member_is_a_parse_error_with_words(body):
    with pytest.raises(RpcError) as refused:
        decode(body)
    assert refused.value.code == -32700
    assert refused.value.message.startswith("Parse error: ")
    assert str(refused.value) == refused.value.message
    assert refused.value.data is None


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": {"a": 2}},
        [{"a": 1}, {"a": 2}],
        {"a": 'x": "a":'},
        {'k":': {'k":': 1}},
        {"": [[], {}, None, 1.5, "é"]},
        7,
    ],
)
def test_a_value_without_repeated_members_is_read_as_it_is(value):
    assert decode(msgspec.json.encode(value)) == value
    assert decode(b" " + msgspec.json.format(msgspec.json.encode(value), indent=4)) == value


@pytest.mark.parametrize("params", [{}, {"a": 1}])
@pytest.mark.parametrize("identity", [1, "one", 0, ""])
def test_a_request_has_its_method_params_and_id(params, identity):
    sent = {"jsonrpc": "2.0", "method": "ping", "params": params, "id": identity}
    assert read(sent) == RpcRequest("ping", params, identity)


def test_params_may_be_left_out_and_are_none_where_they_are_no_object():
    assert read({"jsonrpc": "2.0", "method": "ping", "id": 1}) == RpcRequest("ping", {}, 1)
    assert read({"jsonrpc": "2.0", "method": "ping"}) == Notification("ping", {})
    assert read({"jsonrpc": "2.0", "method": "ping", "params": [1]}) == Notification("ping", None)


@pytest.mark.parametrize("answer", [{"result": {}}, {"error": {}}])
def test_a_posted_response_is_nothing_to_answer(answer):
    assert read({"jsonrpc": "2.0", "id": 1} | answer) is None


@pytest.mark.parametrize(
    "message",
    [
        7,
        [],
        None,
        {},
        {"jsonrpc": "1.0", "method": "ping", "id": 1},
        {"method": "ping", "id": 1},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "method": 7, "id": 1},
        {"jsonrpc": "2.0", "method": 7, "id": 1, "result": {}},
        {"jsonrpc": "2.0", "method": "ping", "id": None},
        {"jsonrpc": "2.0", "method": "ping", "id": True},
        {"jsonrpc": "2.0", "method": "ping", "id": 1.5},
    ],
)
def test_json_that_is_no_message_is_an_invalid_request_with_words(message):
    with pytest.raises(RpcError) as refused:
        read(message)
    assert refused.value.code == -32600
    assert refused.value.message.startswith("Invalid request: ")


@pytest.mark.parametrize(
    ("message", "identity"),
    [({"id": 1}, 1), ({"id": "a"}, "a"), ({"id": True}, None), ({"id": None}, None), ({}, None), ([1], None)],
)
def test_the_id_is_found_also_where_the_rest_is_refused(message, identity):
    assert request_id(message) == identity


@pytest.mark.parametrize(
    ("params", "meta"), [({"_meta": {"a": 1}}, {"a": 1}), ({"_meta": 7}, {}), ({}, {}), (None, {})]
)
def test_metadata_is_an_object_or_nothing(params, meta):
    assert Notification("ping", params).meta == meta


def test_a_result_and_an_error_are_whole_messages():
    assert msgspec.json.decode(success(7, members({"a": 1}))) == {"jsonrpc": "2.0", "id": 7, "result": {"a": 1}}
    assert msgspec.json.decode(success(None, b"")) == {"jsonrpc": "2.0", "id": None, "result": {}}
    bare, full = RpcError(-32601, "Method not found"), RpcError(-32000, "No", {"why": "x"})
    assert msgspec.json.decode(failure("a", bare)) == {
        "jsonrpc": "2.0",
        "id": "a",
        "error": {"code": -32601, "message": "Method not found"},
    }
    assert msgspec.json.decode(failure(None, full))["error"] == {"code": -32000, "message": "No", "data": {"why": "x"}}
