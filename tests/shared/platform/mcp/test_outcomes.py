"""A refusal of a tool says what would help, and names what is wrong without repeating it."""

import msgspec
import pytest
from pydantic import Field, ValidationError

from shared.kernel.errors import Conflict, InsufficientScope
from shared.platform.mcp.envelope import RpcError
from shared.platform.mcp.outcomes import explain_refusal, invalid_arguments, refusal_result
from shared.platform.mcp.parameter_headers import check_parameter_headers
from shared.platform.mcp.registry import ToolContext, WriteArguments, tool
from shared.platform.mcp.versions import decode_header


class Moving(WriteArguments):
    contact: str = Field(min_length=2)
    region: str | int | bool | None = Field(default=None, json_schema_extra={"x-mcp-header": "Region"})
    lines: list[dict[str, int]] = Field(default=[])


class Moved(msgspec.Struct, frozen=True):
    text: str


@pytest.fixture
def move():
    @tool(scope="write", title="Move")
    async def nexus_move(_call: ToolContext, arguments: Moving) -> Moved:
        """Move a contact."""
        return Moved(arguments.contact)

    return nexus_move


def test_a_refusal_becomes_a_result_that_is_an_error():
    outcome = refusal_result({"error": "conflict"})
    assert (outcome.structured, outcome.is_error, outcome.content) == (b'{"error":"conflict"}', True, b"")


@pytest.mark.parametrize(
    ("remedy", "words"),
    [
        ("exchange_again", "exchange the key again at agent-auth, without scope"),
        ("ask_for_a_key", "for an API key with write"),
        ("ask_an_owner", "ask an owner or admin of the organization to do it"),
        (None, "for an API key with write"),
        ("of a later version", "for an API key with write"),
    ],
)
def test_a_missing_scope_is_explained_with_the_tool_and_a_remedy(move, remedy, words):
    details = {"required": "write", "granted": ["read", "admin"]} | ({"remedy": remedy} if remedy else {})
    explained = explain_refusal(move, InsufficientScope("no", **details))
    assert isinstance(explained, InsufficientScope)
    assert explained.message.startswith("nexus_move needs the scope write; this token holds read, admin. ")
    assert words in explained.message
    assert explained.details == details


@pytest.mark.parametrize("granted", [{}, {"granted": []}, {"granted": None}])
def test_a_token_that_holds_nothing_is_told_so(move, granted):
    assert "this token holds nothing." in explain_refusal(move, InsufficientScope("no", **granted)).message


def test_any_other_refusal_stays_as_it_is(move):
    refusal = Conflict("taken")
    assert explain_refusal(move, refusal) is refusal


def test_each_bad_argument_is_named_with_a_reason_and_never_with_its_value(move):
    sent = {"contact": "S", "lines": [{"a": 1}, {"b": "secret"}], "other": 1}
    with pytest.raises(ValidationError) as fault:
        move.arguments.model_validate(sent)
    refusal = invalid_arguments(move, fault.value, sent)
    errors = refusal.details["errors"]
    assert [each["pointer"] for each in errors] == ["/contact", "/lines/1/b", "/other"]
    assert all(set(each) == {"pointer", "message"} and each["message"] for each in errors)
    reasons = "; ".join(f"{each['pointer'][1:].replace('/', '.')}: {each['message']}" for each in errors)
    assert refusal.message == (
        f"{reasons}. nexus_move takes: idempotency_key, contact, region, lines. Mend this and call again."
    )
    assert "secret" not in refusal.message


def test_arguments_that_are_no_object_are_named_as_a_whole(move):
    with pytest.raises(ValidationError) as fault:
        move.arguments.model_validate(7)
    refusal = invalid_arguments(move, fault.value, 7)
    assert refusal.message.startswith("arguments: ")
    assert refusal.details["errors"][0]["pointer"] == ""


def test_twenty_faults_are_enough(move):
    sent = {"contact": "Mona"} | {f"x{number}": 1 for number in range(30)}
    with pytest.raises(ValidationError) as fault:
        move.arguments.model_validate(sent)
    assert len(invalid_arguments(move, fault.value, sent).details["errors"]) == 20


@pytest.mark.parametrize(
    ("value", "header"),
    [("eu", "eu"), ("eu", " eu "), (7, "7"), (True, "true"), (False, "false"), (None, None), ("é", "=?base64?w6k=?=")],
)
def test_a_header_that_repeats_the_argument_passes(move, value, header):
    headers = {} if header is None else {"mcp-param-region": header}
    check_parameter_headers(move, {"region": value, "contact": "Mona"}, headers)


@pytest.mark.parametrize(
    ("value", "header"),
    [("eu", "us"), ("eu", None), (True, "True"), (None, "eu"), (None, "None"), (None, "=?base64??=x"),
     (None, "=?base64?%%?="), ("eu", "=?base64?%%?=")],
)  # fmt: skip
def test_a_header_that_differs_from_the_argument_is_refused(move, value, header):
    headers = {} if header is None else {"mcp-param-region": header}
    with pytest.raises(RpcError) as refused:
        check_parameter_headers(move, {"region": value}, headers)
    assert (refused.value.code, "Mcp-Param-Region" in refused.value.message) == (-32020, True)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("plain", "plain"),
        ("  padded ", "padded"),
        ("=?base64?aGk=?=", "hi"),
        ("=?base64??=", ""),
        ("=?base64?aGk=", "=?base64?aGk="),
        ("aGk=?=", "aGk=?="),
        ("=?base64?aGk?=", None),
        ("=?base64?a Gk=?=", None),
        ("=?base64?/w==?=", None),
        ("=?base64?aGl=?=", None),
    ],
)
def test_a_header_is_read_plain_or_decoded_and_damaged_not_at_all(sent, meant):
    assert decode_header(sent) == meant
