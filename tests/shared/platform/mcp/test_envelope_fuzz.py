"""Envelopes that nobody would write: whatever is posted gets a well-formed answer, and never an internal error."""

import string
from typing import Any

import anyio
import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.platform.mcp.protocol import dispatch

METHODS = ["initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/read", "notifications/x", ""]
VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2027-01-01", ""]
NAMES = ["greet", "rename", "test://about", "tools/call", "tools/list", "=?base64?Z3JlZXQ=?=", "=?base64?", " "]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(NAMES + VERSIONS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
META = st.fixed_dictionaries(
    {},
    optional={
        "io.modelcontextprotocol/protocolVersion": st.sampled_from(VERSIONS) | VALUES,
        "io.modelcontextprotocol/clientCapabilities": st.just({}) | VALUES,
    },
)
PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "_meta": META | VALUES,
        "name": st.sampled_from(NAMES) | VALUES,
        "uri": st.sampled_from(NAMES) | VALUES,
        "cursor": VALUES,
        "arguments": st.fixed_dictionaries({}, optional={"name": VALUES, "times": VALUES}) | VALUES,
        "protocolVersion": st.sampled_from(VERSIONS) | VALUES,
    },
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | VALUES,
        "id": st.integers() | st.text() | VALUES,
        "method": st.sampled_from(METHODS) | VALUES,
        "params": PARAMS | VALUES,
        "result": VALUES,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "mcp-protocol-version": st.sampled_from(VERSIONS) | st.text(),
        "mcp-method": st.sampled_from(METHODS) | st.text(),
        "mcp-name": st.sampled_from(NAMES) | st.text(),
        "accept": st.sampled_from(["*/*", "application/json;q=0", ";;,"]) | st.text(string.printable),
        "origin": st.text(),
    },
)
BODIES = st.one_of(
    (MESSAGE | st.lists(MESSAGE, max_size=22) | VALUES).map(lambda value: msgspec.json.encode(printable(value))),
    st.binary(),
    st.text().map(lambda text: text.encode(errors="surrogatepass")),
)
STATUSES = {200, 202, 400, 403, 404, 406}


def printable(value: Any) -> Any:
    """Hypothesis makes text that is not UTF-8 and numbers that are not JSON; those come as raw bytes instead."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {printable(name): printable(each) for name, each in value.items()}
    return [printable(each) for each in value] if isinstance(value, list) else value


def told(body: bytes) -> list[Any]:
    answer = msgspec.json.decode(body)
    return answer if isinstance(answer, list) else [answer]


@settings(max_examples=600, deadline=None)
@given(body=BODIES, headers=HEADERS)
def test_any_envelope_gets_a_well_formed_answer(server, reply_to, new_session, body, headers):
    session = new_session()
    reply = anyio.run(reply_to, server, "POST", {"content-type": "application/json", **headers}, body, session)
    assert reply.status in STATUSES
    assert session.reported == []
    assert (reply.status == 202) == (reply.body == b"")
    for member in told(reply.body) if reply.body else ():
        assert reply.status in {403, 406} or ("result" in member) != ("error" in member)


@settings(max_examples=200, deadline=None)
@given(message=MESSAGE, version=st.sampled_from(VERSIONS), spoil=st.tuples(st.binary(max_size=8), st.integers(0, 400)))
def test_a_message_with_bytes_spoiled_is_answered_or_refused(server, new_session, message, version, spoil):
    junk, at = spoil
    body = msgspec.json.encode(printable({"jsonrpc": "2.0", "id": 1, "method": "tools/call", **message}))
    spoiled = body[: at % len(body)] + junk + body[at % len(body) :]
    session, headers = new_session(), {"content-type": "application/json", "mcp-protocol-version": version}
    reply = anyio.run(dispatch, server, "POST", headers, spoiled, session)
    assert reply.status in STATUSES
    assert session.reported == []
