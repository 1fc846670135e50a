"""The tools, resources and prompts that the conformance package expects by name; never part of a deployed function."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import msgspec
from pydantic import Field

from shared.kernel.errors import Conflict, Refusal
from shared.kernel.json import encode
from shared.platform.mcp.envelope import INVALID_PARAMS, RpcError, members
from shared.platform.mcp.methods import (
    CORE,
    Method,
    Request,
    Result,
    Runner,
    Server,
    input_required,
    only_page,
    read_resource,
)
from shared.platform.mcp.outcomes import InputNeeded, ToolOutcome
from shared.platform.mcp.registry import SCOPES, Arguments, Registry, Resource, Scope, Tool, ToolContext, resource, tool
from shared.platform.mcp.schemas import input_schema
from shared.platform.mcp.versions import MISSING_CLIENT_CAPABILITY

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
SECRET = b"of the fixture server alone"

Content = list[dict[str, Any]]
Behaviour = Callable[[Request], ToolOutcome | InputNeeded]


class NoArguments(Arguments):
    pass


class Mirrored(Arguments):
    region: str = Field(json_schema_extra={"x-mcp-header": "Region"})


class Named(Arguments):
    name: str


class Greeting(msgspec.Struct, frozen=True):
    text: str


class ContentTool(Tool, frozen=True):
    """Answers with content of its own making, so there is no result to describe."""

    @property
    def definition(self) -> dict[str, Any]:
        schema = SCHEMA_2020_12 if self.name == "json_schema_2020_12_tool" else input_schema(self.arguments)
        return {"name": self.name, "description": self.description, "inputSchema": schema}


def text(told: str) -> dict[str, Any]:
    return {"type": "text", "text": told}


def embedded(uri: str, mime_type: str, told: str) -> dict[str, Any]:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": told}}


IMAGE = {"type": "image", "data": PNG, "mimeType": "image/png"}
CONTENTS: dict[str, Content] = {
    "test_simple_text": [text("This is a simple text response for testing.")],
    "test_image_content": [IMAGE],
    "test_audio_content": [{"type": "audio", "data": WAV, "mimeType": "audio/wav"}],
    "test_embedded_resource": [
        embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    ],
    "test_multiple_content_types": [
        text("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
    "test_logging_tool": [text("done")],
    "test_tool_with_logging": [text("done")],
    "test_tool_with_progress": [text("done")],
    "test_streaming_elicitation": [text("done")],
    "json_schema_2020_12_tool": [text("done")],
}
SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def elicit(message: str, **properties: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return {"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}}


def sample(question: str, tokens: int) -> dict[str, Any]:
    asked = [{"role": "user", "content": text(question)}]
    return {"method": "sampling/createMessage", "params": {"messages": asked, "maxTokens": tokens}}


ROOTS = {"method": "roots/list", "params": {}}
WHO = {"user_name": elicit("What is your name?", name="string")}


def content(told: Content, *, is_error: bool = False) -> ToolOutcome:
    return ToolOutcome(content=encode(told), is_error=is_error)


def responses(request: Request) -> Mapping[str, Any]:
    """Return what the client answered; an answer that is no object counts as none."""
    sent = request.params.get("inputResponses")
    return {name: each for name, each in sent.items() if isinstance(each, dict)} if isinstance(sent, dict) else {}


def sealed(state: str) -> str:
    return f"{state}.{hmac.new(SECRET, state.encode(), hashlib.sha256).hexdigest()}"


def opened(request: Request) -> str:
    """Return the state of the round before, empty in the first one."""
    sent = str(request.params.get("requestState", ""))
    state = sent.rpartition(".")[0]
    if sent and not hmac.compare_digest(sent, sealed(state)):
        raise RpcError(INVALID_PARAMS, "Invalid params: requestState was not made here")
    return state


def in_one_round(asked: dict[str, Any], told: str, *, state: str | None = None) -> Behaviour:
    def behave(request: Request) -> ToolOutcome | InputNeeded:
        opened(request)
        if set(asked) <= set(responses(request)):
            return content([text(f"{told}: {encode(responses(request)).decode()}")])
        return InputNeeded(asked, argument="name", state=None if state is None else sealed(state))

    return behave


def in_three_rounds(request: Request) -> ToolOutcome | InputNeeded:
    state, given = opened(request), responses(request)
    if state == "round-2" and "step2" in given:
        return content([text("complete")])
    if state == "round-1" and "step1" in given:
        asked = {"step2": elicit("Step 2: What is your favorite color?", color="string")}
        return InputNeeded(asked, argument="color", state=sealed("round-2"))
    asked = {"step1": elicit("Step 1: What is your name?", name="string")}
    return InputNeeded(asked, argument="name", state=sealed("round-1"))


def needing_sampling(request: Request) -> ToolOutcome:
    if "sampling" not in request.client_capabilities:
        missing: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise RpcError(MISSING_CLIENT_CAPABILITY, "Missing required client capability", missing)
    return content([text("done")])


def failing(_: Request) -> ToolOutcome:
    return content([text("This tool intentionally returns an error for testing")], is_error=True)


CONFIRM = {"confirm": elicit("Please confirm", ok="boolean")}
EVERYTHING = {**WHO, "greeting": sample("Generate a greeting", 50), "client_roots": ROOTS}
CAPITAL = {"capital_question": sample("What is the capital of France?", 100)}
ASKING = "test_input_required_result_"
BEHAVIOURS: dict[str, Behaviour] = {
    "test_error_handling": failing,
    "test_missing_capability": needing_sampling,
    ASKING + "elicitation": in_one_round(WHO, "Hello"),
    ASKING + "sampling": in_one_round(CAPITAL, "Answer"),
    ASKING + "list_roots": in_one_round({"client_roots": ROOTS}, "Roots"),
    ASKING + "request_state": in_one_round(CONFIRM, "state-ok", state="asked"),
    ASKING + "tampered_state": in_one_round(CONFIRM, "state-ok", state="asked"),
    ASKING + "multiple_inputs": in_one_round(EVERYTHING, "complete", state="asked"),
    ASKING + "capabilities": in_one_round(EVERYTHING, "complete"),
    ASKING + "multi_round": in_three_rounds,
}


def scripted(name: str, behave: Behaviour, arguments: type[Arguments] = NoArguments) -> Tool:
    async def run(request: Any, _: Any) -> Any:
        return behave(request)

    return ContentTool(
        name=name,
        title=name,
        description="A fixture of the conformance package",
        scope="read",
        arguments=arguments,
        result=msgspec.Struct,
        hints={},
        run=run,
    )


def showing(told: Content) -> Behaviour:
    return lambda _: content(told)


@tool(scope="read", title="Greet")
async def greet(_call: ToolContext, arguments: Named) -> Greeting:
    """Greet somebody; the name conflict is refused."""
    if arguments.name == "conflict":
        raise Conflict("take another name")
    return Greeting(f"Hello {arguments.name}")


@resource("test://static-text", name="text", title="Text", description="Static text", mime_type="text/plain")
async def static_text(_call: ToolContext) -> str:
    return "This is the content of the static text resource."


@resource("test://static-binary", name="binary", title="Binary", description="A picture", mime_type="image/png")
async def static_binary(_call: ToolContext) -> str:
    return PNG


async def read(server: Server, request: Request, session: Runner) -> Result:
    """Binary and templated resources, which the product has none of, before the product's own."""
    uri = str(request.params.get("uri"))
    identity = uri.removeprefix("test://template/").removesuffix("/data")
    if uri == "test://static-binary":
        return Result(members({"contents": [{"uri": uri, "mimeType": "image/png", "blob": PNG}]}))
    if uri == f"test://template/{identity}/data":
        told = encode({"id": identity, "templateTest": True, "data": f"Data for ID: {identity}"}).decode()
        return Result(members({"contents": [{"uri": uri, "mimeType": "application/json", "text": told}]}))
    return await read_resource(server, request, session)


async def list_templates(_server: Server, request: Request, _session: Runner) -> Result:
    only_page(request)
    template = {"uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json"}
    return Result(members({"resourceTemplates": [template]}))


PROMPTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}


async def list_prompts(_server: Server, request: Request, _session: Runner) -> Result:
    only_page(request)
    prompts = [
        {
            "name": name,
            "description": "A fixture of the conformance package",
            "arguments": [{"name": each, "required": True} for each in arguments],
        }
        for name, arguments in PROMPTS.items()
    ]
    return Result(members({"prompts": prompts}))


async def get_prompt(_server: Server, request: Request, _session: Runner) -> Result:
    name, given = request.params.get("name"), request.params.get("arguments") or {}
    if name not in PROMPTS:
        raise RpcError(INVALID_PARAMS, "Unknown prompt")
    if name == "test_input_required_result_prompt" and "user_context" not in responses(request):
        context = {"user_context": elicit("What context should the prompt use?", context="string")}
        return input_required(InputNeeded(context, argument="context"), request)
    contents: dict[str, Content] = {
        "test_simple_prompt": [text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [
            text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        ],
        "test_prompt_with_embedded_resource": [
            embedded(str(given.get("resourceUri")), "text/plain", "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [IMAGE, text("Please analyze the image above.")],
        "test_input_required_result_prompt": [text("done")],
    }
    return Result(members({"messages": [{"role": "user", "content": each} for each in contents[name]]}))


async def complete(_server: Server, _request: Request, _session: Runner) -> Result:
    return Result(members({"completion": {"values": ["paris", "park", "party"], "total": 3, "hasMore": False}}))


class FixtureSession:
    """Everybody may do everything, and nothing is kept."""

    request_id = "req_fixture"
    scopes: Collection[str] = SCOPES

    async def admit(self, more: int) -> None: ...

    async def require(self, scope: Scope) -> None: ...

    async def call_tool(self, tool: Tool, arguments: Arguments, request: Request) -> ToolOutcome | InputNeeded:
        call: Any = request
        answer: Any = await tool.run(call, arguments)
        return answer if isinstance(answer, ToolOutcome | InputNeeded) else ToolOutcome(encode(answer))

    async def read_resource(self, resource: Resource) -> str:
        run: Callable[[Any], Awaitable[Any]] = resource.run
        return str(await run(None))

    def refused(self, refusal: Refusal) -> None: ...

    def report(self, failure: Exception) -> None:
        raise failure


TOOLS = (
    greet,
    *(scripted(name, showing(told)) for name, told in CONTENTS.items()),
    *(scripted(name, behave) for name, behave in BEHAVIOURS.items()),
    scripted("test_mirrored_argument", showing([text("done")]), Mirrored),
)
SERVER = Server(
    registry=Registry(
        tools={each.name: each for each in TOOLS},
        resources={each.uri: each for each in (static_text, static_binary)},
    ),
    methods={
        **CORE,
        "resources/read": Method(read, cacheable=True),
        "resources/templates/list": Method(list_templates, cacheable=True),
        "prompts/list": Method(list_prompts, cacheable=True),
        "prompts/get": Method(get_prompt),
        "completion/complete": Method(complete),
    },
    info={"name": "nexus-fixtures", "version": "1"},
    capabilities={"tools": {}, "resources": {}, "prompts": {}, "completions": {}},
    instructions="Fixtures for conformance tests.",
)
