"""The methods of the protocol: a request gives the members of its result."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

import msgspec
from pydantic import ValidationError

from shared.kernel.errors import Refusal
from shared.kernel.json import encode

from .envelope import INVALID_PARAMS, RESOURCE_NOT_FOUND, RpcError, members
from .outcomes import InputNeeded, ToolOutcome, explain_refusal, invalid_arguments, refusal_result
from .parameter_headers import check_parameter_headers
from .registry import Arguments, Registry, Resource, Scope, Tool
from .versions import CAPABILITIES_KEY, LEGACY, MODERN, Era

CAPABILITY_OF_REQUEST = {
    "elicitation/create": "elicitation",
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
}


class Request(msgspec.Struct, frozen=True):
    method: str
    params: Mapping[str, Any]
    era: Era
    headers: Mapping[str, str]

    @property
    def client_capabilities(self) -> Mapping[str, Any]:
        """The declared capabilities of a modern client; a legacy client's handshake is not stored."""
        capabilities: Mapping[str, Any] = self.params["_meta"][CAPABILITIES_KEY] if self.era.modern else {}
        return capabilities


class Result(msgspec.Struct, frozen=True):
    """Encoded members of a result; `kind` says whether a modern result is complete."""

    members: bytes = b""
    kind: str = "complete"


class Runner(Protocol):
    """Runs tools and reads resources for the caller of one HTTP request."""

    request_id: str
    scopes: Collection[str]
    """The scopes in the credential, which decide on lists; `require` checks whether they are still valid."""

    async def require(self, scope: Scope) -> None:
        """Raise Refusal if the credential has ended, or if it or its plan does not have the scope."""

    async def admit(self, more: int) -> None:
        """Count the further calls of a batch against the rate limit."""

    async def call_tool(self, tool: Tool, arguments: Arguments, request: Request) -> ToolOutcome | InputNeeded:
        """Run the tool; refusals are raised as they are."""

    async def read_resource(self, resource: Resource) -> str:
        """Return the resource as text."""

    def refused(self, refusal: Refusal) -> None:
        """Log the refusal of a tool."""

    def report(self, failure: Exception) -> None:
        """Log a failure that the caller sees as an internal error only."""


class Server(msgspec.Struct, frozen=True):
    """One endpoint's tools, resources and methods by name."""

    registry: Registry
    methods: Mapping[str, "Method"]
    info: Mapping[str, str]
    capabilities: Mapping[str, Any]
    instructions: str
    origins: Collection[str] = frozenset()


class Method(msgspec.Struct, frozen=True):
    run: Callable[[Server, Request, Runner], Awaitable[Result]]
    modern: bool = True
    legacy: bool = True
    cacheable: bool = False


async def initialize(server: Server, request: Request, _: Runner) -> Result:
    requested = request.params.get("protocolVersion")
    if not isinstance(requested, str):
        raise RpcError(INVALID_PARAMS, "Invalid params: initialize names a protocolVersion")
    greeting = {
        "protocolVersion": requested if requested in LEGACY else LEGACY[-1],
        "capabilities": server.capabilities,
        "serverInfo": server.info,
        "instructions": server.instructions,
    }
    return Result(members(greeting))


async def ping(_server: Server, _request: Request, _runner: Runner) -> Result:
    return Result()


async def discover(server: Server, _request: Request, _runner: Runner) -> Result:
    offer = {
        "supportedVersions": MODERN,
        "capabilities": server.capabilities,
        "instructions": server.instructions,
    }
    return Result(members(offer))


async def list_tools(server: Server, request: Request, runner: Runner) -> Result:
    only_page(request)
    await runner.require("read")
    return Result(b'"tools":' + server.registry.listed_tools(runner.scopes))


async def list_resources(server: Server, request: Request, runner: Runner) -> Result:
    only_page(request)
    await runner.require("read")
    return Result(b'"resources":' + server.registry.listed_resources(runner.scopes))


async def list_resource_templates(_server: Server, request: Request, _runner: Runner) -> Result:
    only_page(request)
    return Result(b'"resourceTemplates":[]')


async def read_resource(server: Server, request: Request, runner: Runner) -> Result:
    uri = request.params.get("uri")
    resource = server.registry.resources.get(uri) if isinstance(uri, str) else None
    if resource is None:
        code = INVALID_PARAMS if request.era.modern else RESOURCE_NOT_FOUND
        raise RpcError(code, "Resource not found: resources/list has those there are", {"uri": uri})
    text = await runner.read_resource(resource)
    return Result(members({"contents": [{"uri": resource.uri, "mimeType": resource.mime_type, "text": text}]}))


async def call_tool(server: Server, request: Request, runner: Runner) -> Result:
    name = request.params.get("name")
    tool = server.registry.tools.get(name) if isinstance(name, str) else None
    if tool is None:
        raise RpcError(INVALID_PARAMS, "Unknown tool: tools/list has those there are")
    sent = request.params.get("arguments")
    if request.era.modern:
        check_parameter_headers(tool, sent if isinstance(sent, dict) else {}, request.headers)
    outcome = await _outcome(tool, {} if sent is None else sent, request, runner)
    return input_required(outcome, request) if isinstance(outcome, InputNeeded) else _tool_result(outcome, request.era)


def only_page(request: Request) -> None:
    """Refuse a cursor, because every list is one page; an empty cursor is the beginning."""
    if request.params.get("cursor", "") != "":
        raise RpcError(INVALID_PARAMS, "Invalid params: unknown cursor; list again without one")


def input_required(needed: InputNeeded, request: Request) -> Result:
    """Return the requests that the client can answer, or else a refusal that names the argument to add."""
    answerable = {
        name: question
        for name, question in needed.requests.items()
        if CAPABILITY_OF_REQUEST.get(question["method"]) in request.client_capabilities
    }
    if needed.requests and not answerable:
        message = f"more input is needed: call again with the argument {needed.argument}"
        refusal = refusal_result({"error": "input_required", "message": message, "argument": needed.argument})
        return _tool_result(refusal, request.era)
    questions: dict[str, Any] = {"inputRequests": answerable} if answerable else {}
    if needed.state is not None:
        questions["requestState"] = needed.state
    return Result(members(questions), kind="input_required")


async def _outcome(tool: Tool, sent: object, request: Request, runner: Runner) -> ToolOutcome | InputNeeded:
    try:
        if tool.scope not in runner.scopes:
            await runner.require(tool.scope)
        return await runner.call_tool(tool, _arguments(tool, sent), request)
    except Refusal as refusal:
        if _is_of_whole_request(refusal):
            raise
        runner.refused(refusal)
        return refusal_result(explain_refusal(tool, refusal).body(runner.request_id))


def _arguments(tool: Tool, sent: object) -> Arguments:
    try:
        return tool.arguments.model_validate(sent)
    except ValidationError as fault:
        raise invalid_arguments(tool, fault, sent) from fault


def _is_of_whole_request(refusal: Refusal) -> bool:
    """Return whether HTTP refuses the whole request, for an invalid token or a used-up day, as clients expect."""
    return refusal.status == 401 or refusal.details.get("resource") == "api_calls"  # noqa: PLR2004


def _tool_result(outcome: ToolOutcome, era: Era) -> Result:
    parts = [b'"content":']
    if outcome.content:
        parts.append(outcome.content)
    else:
        parts += (b'[{"type":"text","text":', encode(outcome.structured.decode()), b"}]")
    if outcome.structured and (era.structures_refusals or not outcome.is_error):
        parts += (b',"structuredContent":', outcome.structured)
    parts.append(b',"isError":true' if outcome.is_error else b',"isError":false')
    return Result(b"".join(parts))


CORE: Mapping[str, Method] = {
    "initialize": Method(initialize, modern=False),
    "ping": Method(ping, modern=False),
    "server/discover": Method(discover, legacy=False, cacheable=True),
    "tools/list": Method(list_tools, cacheable=True),
    "tools/call": Method(call_tool),
    "resources/list": Method(list_resources, cacheable=True),
    "resources/templates/list": Method(list_resource_templates, cacheable=True),
    "resources/read": Method(read_resource, cacheable=True),
}
