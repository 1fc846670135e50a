"""The wire table of docs/mcp.md, row by row, in every protocol version."""

from typing import Any

import msgspec
import pytest

from shared.kernel.errors import InvalidToken, PlanLimitExceeded
from shared.platform.mcp.transport import Reply

MODERN = "2026-07-28"
LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
VERSIONS = [*LEGACY, MODERN]
UNVERSIONED = [None, *LEGACY]
META = "io.modelcontextprotocol/"
ENVELOPE = {META + "protocolVersion": MODERN, META + "clientCapabilities": {}}
SERVER_INFO = {META + "serverInfo": {"name": "test", "version": "1"}}
HINTS = {"resultType": "complete", "_meta": SERVER_INFO, "ttlMs": 300_000, "cacheScope": "private"}


def decoded(reply: Reply) -> Any:
    return msgspec.json.decode(reply.body)


@pytest.mark.parametrize("version", UNVERSIONED)
async def test_row_1_a_legacy_date_or_no_header_is_the_legacy_era(ask, version):
    status, answer = await ask(version, "ping")
    assert (status, answer) == (200, {"jsonrpc": "2.0", "id": 7, "result": {}})


async def test_row_1_metadata_makes_a_request_modern_and_requires_the_header(post):
    reply = await post({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": ENVELOPE}})
    assert (reply.status, decoded(reply)["error"]["code"]) == (400, -32020)


@pytest.mark.parametrize("header", [MODERN, "2027-01-01", "nonsense"])
async def test_row_1_an_unknown_header_makes_a_request_modern(post, header):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    reply = await post(message, mcp_protocol_version=header)
    assert (reply.status, decoded(reply)["error"]["code"]) == (400, -32602)


@pytest.mark.parametrize("verb", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_row_2_405_for_any_other_verb_without_a_body(post, verb, version):
    reply = await post(b"", verb=verb, mcp_protocol_version=version)
    assert (reply.status, reply.body, reply.headers) == (405, b"", {"allow": "POST"})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[broken", ""])
async def test_row_3_403_for_a_foreign_origin(post, origin, version):
    reply = await post({}, origin=origin, mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["error"]) == (403, "forbidden_origin")


@pytest.mark.parametrize("origin", ["https://app.example", "http://localhost:6274", "http://127.0.0.1:54321"])
async def test_row_3_the_configured_and_here_the_loopback_origins_pass(post, origin):
    reply = await post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, origin=origin)
    assert reply.status == 200


@pytest.mark.parametrize("method", ["tools/list", "resources/list"])
async def test_row_4_a_dead_token_lists_nothing(ask, session, method):
    session.dead = True
    with pytest.raises(InvalidToken):
        await ask(MODERN, method)


async def test_row_4_a_token_that_died_meanwhile_refuses_the_whole_request(ask):
    with pytest.raises(InvalidToken):
        await ask(MODERN, "tools/call", {"name": "greet", "arguments": {"name": "dead"}})


@pytest.mark.parametrize("version", VERSIONS)
async def test_row_5_a_missing_scope_is_a_result_that_says_how_to_get_it(ask, session, version):
    session.scopes = {"read"}
    status, answer = await ask(version, "tools/call", {"name": "rename", "arguments": {"name": "x"}})
    told = msgspec.json.decode(answer["result"]["content"][0]["text"])
    assert (status, answer["result"]["isError"], told["error"]) == (200, True, "insufficient_scope")
    assert (told["required"], told["granted"], session.called) == ("write", ["read"], [])
    assert "ask an owner or admin" in told["message"]


ACCEPTED = ["application/json", "*/*", "application/*", "", None, "text/event-stream, application/json;q=0.5"]


@pytest.mark.parametrize("accept", ACCEPTED)
async def test_row_6_anything_that_allows_json_is_accepted(post, accept):
    reply = await post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, accept=accept)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "accept", ["text/event-stream", "text/html", "application/json;q=0", "application/json; q=0.0"]
)
async def test_row_6_406_when_json_is_excluded(post, accept, version):
    reply = await post({}, accept=accept, mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["error"]) == (406, "not_acceptable")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", None])
async def test_row_7_415_for_another_content_type(post, kind, version):
    reply = await post({}, content_type=kind, mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["error"]) == (415, "unsupported_media_type")


async def test_row_7_parameters_and_case_of_the_content_type_do_not_matter(post):
    reply = await post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, content_type="Application/JSON; charset=utf-8")
    assert reply.status == 200


UNREADABLE = {
    "nothing": b"",
    "half": b'{"jsonrpc": "2.0", "id": 1',
    "NaN": b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": NaN}}',
    "infinity": b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": 1e999}}',
    "bad utf-8": b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}',
    "lone surrogate": b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}',
    "lone surrogate with text after it": b'{"jsonrpc": "2.0", "id": 1, "method": "\\udc00 and then some more text"}',
    "deep array": b"[" * 10_000 + b"]" * 10_000,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "endless integer": b'{"jsonrpc": "2.0", "id": ' + b"1" * 10_000 + b', "method": "ping"}',
    "member named twice": b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "method": "tools/list"}',
    "inner member named twice": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
    "byte order mark": b'\xef\xbb\xbf{"jsonrpc": "2.0", "id": 1, "method": "ping"}',
    "long and wrong": b'{"a": "' + b"x" * 10_000_000,
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
async def test_row_9_400_for_what_is_not_json(post, body, version):
    reply = await post(body, mcp_protocol_version=version)
    answer = decoded(reply)
    assert (reply.status, answer["error"]["code"], answer["id"]) == (400, -32700, None)


async def test_row_9_a_colon_inside_text_is_no_repeated_member(post):
    reply = await post({"jsonrpc": "2.0", "id": 'a":b', "method": "ping", "params": {"x": '"k": "k":'}})
    assert (reply.status, decoded(reply)["id"]) == (200, 'a":b')


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25", MODERN])
async def test_row_10_400_for_an_array_where_batches_are_not_known(post, version):
    reply = await post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["error"]["code"], decoded(reply)["id"]) == (400, -32600, None)


SPENT = {"name": "greet", "arguments": {"name": "spent"}}


@pytest.mark.parametrize("version", [None, "2025-03-26"])
async def test_row_10_a_batch_is_answered_message_by_message(post, session, version):
    batch = [
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": {"_meta": ENVELOPE}},
        {"jsonrpc": "2.0", "id": 4, "method": "nothing"},
        {"jsonrpc": "2.0", "id": 5, "result": {}},
        7,
        {
            "jsonrpc": "2.0",
            "id": 6,
            "method": "tools/call",
            "params": {"name": "greet", "arguments": {"name": "spent"}},
        },
    ]
    reply = await post(batch, mcp_protocol_version=version)
    told = [(each["id"], each.get("error", {}).get("code")) for each in decoded(reply)]
    assert reply.status == 200
    assert told == [(1, None), (2, -32600), (3, -32600), (4, -32601), (None, -32600), (6, 403)]
    assert session.admitted == [7]


async def test_row_10_202_for_a_batch_of_notifications(post):
    reply = await post([{"jsonrpc": "2.0", "method": "notifications/initialized"}] * 2)
    assert (reply.status, reply.body) == (202, b"")


@pytest.mark.parametrize("size", [1, 20])
async def test_row_10_200_for_a_batch_of_as_many_as_are_allowed(post, session, size):
    reply = await post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}] * size)
    assert (reply.status, len(decoded(reply)), session.admitted) == (200, size, [size - 1])


@pytest.mark.parametrize("size", [0, 21])
async def test_row_10_400_for_an_empty_and_for_a_too_long_batch(post, session, size):
    reply = await post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}] * size)
    assert (reply.status, decoded(reply)["error"]["code"], session.admitted) == (400, -32600, [])


@pytest.mark.parametrize("version", [None, *VERSIONS])
@pytest.mark.parametrize("method", ["notifications/initialized", "notifications/cancelled", "tools/call", "nothing"])
async def test_row_11_202_for_a_notification(post, session, version, method):
    reply = await post({"jsonrpc": "2.0", "method": method, "params": {"name": "greet"}}, mcp_protocol_version=version)
    assert (reply.status, reply.body, session.called) == (202, b"", [])


async def test_row_11_400_for_a_notification_in_an_unknown_version(post):
    reply = await post({"jsonrpc": "2.0", "method": "notifications/cancelled"}, mcp_protocol_version="2027-01-01")
    assert (reply.status, decoded(reply)["error"]["code"], decoded(reply)["id"]) == (400, -32022, None)


@pytest.mark.parametrize("answer", [{"result": {}}, {"error": {"code": 1, "message": "no"}}])
async def test_row_12_a_posted_response_is_dropped_in_the_legacy_era_only(post, answer):
    for version, status in [*[(each, 202) for each in UNVERSIONED], (MODERN, 400)]:
        reply = await post({"jsonrpc": "2.0", "id": 1, **answer}, mcp_protocol_version=version)
        assert reply.status == status


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("wrong", [None, True, 1.5, 1.0, [], {}])
async def test_row_13_400_for_an_id_that_is_neither_text_nor_integer(post, version, wrong):
    reply = await post({"jsonrpc": "2.0", "id": wrong, "method": "ping"}, mcp_protocol_version=version)
    answer = decoded(reply)
    assert (reply.status, answer["error"]["code"], answer["id"]) == (400, -32600, None)


NOT_MESSAGES = [1, "ping", None, {}, {"jsonrpc": "1.0", "id": 9, "method": "ping"}, {"jsonrpc": "2.0", "id": 9}]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("message", [*NOT_MESSAGES, {"jsonrpc": "2.0", "id": 9, "method": 3}])
async def test_row_13_400_for_what_is_no_message_with_its_id_where_it_has_one(post, version, message):
    reply = await post(message, mcp_protocol_version=version)
    answer = decoded(reply)
    expected = message.get("id") if isinstance(message, dict) else None
    assert (reply.status, answer["error"]["code"], answer["id"]) == (400, -32600, expected)


@pytest.mark.parametrize("meta", [None, {}, 3, {META + "protocolVersion": MODERN}, {META + "clientCapabilities": {}}])
async def test_row_14_400_for_incomplete_metadata(post, meta):
    params = {} if meta is None else {"_meta": meta}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
    reply = await post(message, mcp_protocol_version=MODERN, mcp_method="tools/list")
    assert (reply.status, decoded(reply)["error"]["code"], decoded(reply)["id"]) == (400, -32602, 1)


async def test_row_14_legacy_metadata_is_not_looked_at(post):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"_meta": 3}}
    assert (await post(message, mcp_protocol_version="2025-11-25")).status == 200


DISAGREEING = [
    {"mcp_protocol_version": None},
    {"mcp_protocol_version": "2025-11-25"},
    {"mcp_protocol_version": "2027-01-01"},
    {"mcp_method": None},
    {"mcp_method": "TOOLS/CALL"},
    {"mcp_method": "tools/list"},
    {"mcp_name": None},
    {"mcp_name": "rename"},
    {"mcp_name": "=?base64?cmVuYW1l?="},
    {"mcp_name": "=?base64?not base64?="},
    {"mcp_name": "=?base64?Z3JlZXR=?="},
    {"mcp_name": "=?base64?/w==?="},
]
AGREEING = {"mcp_protocol_version": MODERN, "mcp_method": "tools/call", "mcp_name": "greet"}
CALL = {"name": "greet", "arguments": {"name": "Mona"}, "_meta": ENVELOPE}


@pytest.mark.parametrize("headers", DISAGREEING)
async def test_row_15_400_when_headers_and_body_disagree(post, session, headers):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}
    reply = await post(message, **(AGREEING | headers))
    assert (reply.status, decoded(reply)["error"]["code"], session.called) == (400, -32020, [])


@pytest.mark.parametrize("name", ["greet", "  greet\t", "=?base64?Z3JlZXQ=?="])
async def test_row_15_padding_and_encoding_of_a_header_do_not_matter(post, name):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}
    assert (await post(message, **(AGREEING | {"mcp_name": name}))).status == 200


@pytest.mark.parametrize("version", UNVERSIONED)
async def test_row_15_legacy_requests_may_carry_stray_headers(post, version):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL | {"_meta": {}}}
    stray = {"mcp_method": "x", "mcp_name": "y", "mcp_session_id": "z"}
    reply = await post(message, mcp_protocol_version=version, **stray)
    assert (reply.status, "mcp-session-id" in reply.headers) == (200, False)


async def test_row_16_400_for_an_unknown_version_once_headers_and_body_agree(post):
    meta = ENVELOPE | {META + "protocolVersion": "2027-01-01"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    reply = await post(message, mcp_protocol_version="2027-01-01", mcp_method="tools/list")
    error = decoded(reply)["error"]
    assert (reply.status, error["code"]) == (400, -32022)
    assert error["data"] == {"supported": [MODERN], "requested": "2027-01-01"}


REMOVED = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "subscriptions/listen", "nothing"]


@pytest.mark.parametrize("method", REMOVED)
async def test_row_17_404_for_a_method_that_the_modern_era_lacks(ask, method):
    status, answer = await ask(MODERN, method)
    assert (status, answer["error"]["code"], answer["id"]) == (404, -32601, 7)


@pytest.mark.parametrize("version", UNVERSIONED)
@pytest.mark.parametrize("method", ["nothing", "server/discover", "logging/setLevel", "prompts/list"])
async def test_rows_17_and_20_200_for_a_method_that_the_legacy_era_lacks(ask, version, method):
    status, answer = await ask(version, method)
    assert (status, answer["error"]["code"], answer["id"]) == (200, -32601, 7)


@pytest.mark.parametrize("asked", [*VERSIONS, "2023-01-01"])
async def test_row_18_initialize_accepts_the_version_or_offers_the_newest(ask, asked):
    status, answer = await ask(None, "initialize", {"protocolVersion": asked, "capabilities": {}})
    agreed = asked if asked in LEGACY else "2025-11-25"
    assert status == 200
    assert answer["result"] == {
        "protocolVersion": agreed,
        "capabilities": {"tools": {}, "resources": {}},
        "serverInfo": {"name": "test", "version": "1"},
        "instructions": "be kind",
    }


async def test_row_18_initialize_without_a_version_is_an_error_with_a_200(ask):
    status, answer = await ask("2025-03-26", "initialize", {})
    assert (status, answer["error"]["code"]) == (200, -32602)


async def test_row_20_discover_names_modern_versions_only(ask):
    status, answer = await ask(MODERN, "server/discover")
    offer = {"capabilities": {"tools": {}, "resources": {}}, "instructions": "be kind"}
    assert status == 200
    assert answer["result"] == {"supportedVersions": [MODERN], **offer, **HINTS}


READS: list[tuple[str, dict[str, str]]] = [
    ("tools/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "test://about"}),
]


@pytest.mark.parametrize(("method", "params"), READS)
async def test_row_21_lists_and_reads_differ_between_eras_in_hints_only(ask, method, params):
    _, modern = await ask(MODERN, method, params)
    assert modern["result"].items() >= HINTS.items()
    plain = {name: value for name, value in modern["result"].items() if name not in HINTS}
    for version in UNVERSIONED:
        status, answer = await ask(version, method, params)
        assert (status, answer["result"]) == (200, plain)


async def test_row_21_a_token_sees_only_the_tools_that_it_may_call(ask, session):
    for scopes, names in [({"read"}, ["greet"]), ({"read", "write"}, ["greet", "rename"])]:
        session.scopes = scopes
        _, answer = await ask(MODERN, "tools/list")
        assert [each["name"] for each in answer["result"]["tools"]] == names


@pytest.mark.parametrize("version", [None, *VERSIONS])
async def test_row_22_a_result_is_structured_and_repeated_as_text(ask, version):
    status, answer = await ask(version, "tools/call", {"name": "greet", "arguments": {"name": "منى"}})
    told = {
        "content": [{"type": "text", "text": '{"text":"منى"}'}],
        "structuredContent": {"text": "منى"},
        "isError": False,
    }
    assert status == 200
    modern = {"resultType": "complete", "_meta": SERVER_INFO}
    assert answer["result"] == (told | modern if version == MODERN else told)


FAULTS = [{}, {"name": 3}, {"name": "x", "time": 2}, {"name": "x", "times": "many"}, {"name": "\0"}, [1], "x", 3]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("arguments", FAULTS)
async def test_row_23_bad_arguments_are_a_result_that_says_what_to_mend(ask, session, version, arguments):
    status, answer = await ask(version, "tools/call", {"name": "greet", "arguments": arguments})
    told = msgspec.json.decode(answer["result"]["content"][0]["text"])
    assert (status, answer["result"]["isError"], told["error"], session.called) == (200, True, "invalid_request", [])
    assert "greet takes: name, times" in told["message"]


@pytest.mark.parametrize("version", [None, *VERSIONS])
async def test_row_23_a_refusal_is_a_result_with_its_own_fields(ask, version):
    status, answer = await ask(version, "tools/call", {"name": "greet", "arguments": {"name": "conflict"}})
    refusal = {"error": "conflict", "message": "take another name", "taken": "conflict", "request_id": "req_1"}
    assert (status, answer["result"]["isError"]) == (200, True)
    assert msgspec.json.decode(answer["result"]["content"][0]["text"]) == refusal


@pytest.mark.parametrize("version", [None, *VERSIONS])
async def test_row_23_refusals_are_structured_except_where_clients_would_throw(ask, version):
    _, answer = await ask(version, "tools/call", {"name": "greet", "arguments": {"name": "conflict"}})
    assert ("structuredContent" in answer["result"]) is (version not in {"2025-06-18", "2025-11-25"})


async def test_row_23_a_spent_day_refuses_the_whole_request(ask):
    with pytest.raises(PlanLimitExceeded):
        await ask(MODERN, "tools/call", {"name": "greet", "arguments": {"name": "spent"}})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("method", "params"),
    [("tools/call", {"name": "nothing"}), ("tools/list", {"cursor": "abc"}), ("resources/list", {"cursor": "0"})],
)
async def test_row_24_an_unknown_tool_or_cursor_is_an_error(ask, version, method, params):
    status, answer = await ask(version, method, params)
    assert (status, answer["error"]["code"], answer["id"]) == (400 if version == MODERN else 200, -32602, 7)


async def test_row_24_an_empty_cursor_is_the_beginning(ask):
    status, answer = await ask(MODERN, "tools/list", {"cursor": ""})
    assert (status, len(answer["result"]["tools"])) == (200, 2)


@pytest.mark.parametrize("version", VERSIONS)
async def test_row_24_params_that_are_no_object_are_an_error(post, version):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": [1]}
    reply = await post(message, mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["error"]["code"]) == (400 if version == MODERN else 200, -32602)


@pytest.mark.parametrize("version", VERSIONS)
async def test_row_25_a_missing_resource_is_an_error(ask, version):
    status, answer = await ask(version, "resources/read", {"uri": "test://nothing"})
    assert (status, answer["error"]["code"]) == ((400, -32602) if version == MODERN else (200, -32002))


async def test_row_26_more_input_is_requested_from_a_capable_client(ask):
    asking = {"name": "greet", "arguments": {"name": "ask"}}
    status, answer = await ask(MODERN, "tools/call", asking, **{META + "clientCapabilities": {"elicitation": {}}})
    assert status == 200
    assert answer["result"] == {
        "resultType": "input_required",
        "inputRequests": {"who": {"method": "elicitation/create", "params": {}}},
        "requestState": "s1",
        "_meta": SERVER_INFO,
    }


@pytest.mark.parametrize("version", VERSIONS)
async def test_row_26_other_clients_get_the_name_of_the_missing_argument(ask, version):
    status, answer = await ask(version, "tools/call", {"name": "greet", "arguments": {"name": "ask"}})
    told = msgspec.json.decode(answer["result"]["content"][0]["text"])
    assert (status, answer["result"]["isError"], told["argument"]) == (200, True, "name")


@pytest.mark.parametrize("version", VERSIONS)
async def test_row_27_a_crash_reveals_only_the_request_id(ask, session, version):
    status, answer = await ask(version, "tools/call", {"name": "greet", "arguments": {"name": "crash"}})
    error = {"code": -32603, "message": "Internal error", "data": {"request_id": "req_1"}}
    assert (status, answer["error"], answer["id"]) == (200, error, 7)
    assert [str(each) for each in session.reported] == ["secret detail"]


@pytest.mark.parametrize("version", [None, *LEGACY])
@pytest.mark.parametrize("given", [0, -5, 2**53, 2**70, "", "a", "é" * 1000])
async def test_row_28_the_answer_has_the_id_of_the_request(post, version, given):
    reply = await post({"jsonrpc": "2.0", "id": given, "method": "ping"}, mcp_protocol_version=version)
    assert (reply.status, decoded(reply)["id"]) == (200, given)


@pytest.mark.parametrize("version", ["2025-03-26", "2025-11-25", MODERN])
@pytest.mark.parametrize("method", ["ping", "nothing", "tools/list", "resources/read"])
async def test_row_29_every_answer_is_json_and_every_error_has_words(post, version, method):
    single = await post({"jsonrpc": "2.0", "id": 1, "method": method}, mcp_protocol_version=version)
    damaged = await post(b"{", mcp_protocol_version=version)
    batch = await post([{"jsonrpc": "2.0", "id": 1, "method": method}], mcp_protocol_version=version)
    for reply in (single, damaged, batch):
        assert reply.headers == {"content-type": "application/json"}
        answers = decoded(reply)
        for answer in answers if isinstance(answers, list) else [answers]:
            assert answer["jsonrpc"] == "2.0"
            assert "result" in answer or len(answer["error"]["message"]) > len("Error")
