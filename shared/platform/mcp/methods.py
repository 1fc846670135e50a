"""The methods of the protocol, each from a request to the members of its result."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from pydantic import ValidationError

from shared.kernel.errors import Refusal
from shared.kernel.json import encode

from .envelope import INVALID_PARAMS, RESOURCE_NOT_FOUND, RpcError, members
from .eras import CAPABILITIES_KEY, LEGACY, MODERN, Era
from .mirrored import check_mirrored
from .outcomes import InputNeeded, ToolOutcome, for_a_model, invalid_arguments, refused
from .registry import Arguments, Registry, Resource, Scope, Tool

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
        """What a modern client says it can do; a legacy one said so in a handshake that nobody remembers."""
        capabilities: Mapping[str, Any] = self.params["_meta"][CAPABILITIES_KEY] if self.era.modern else {}
        return capabilities


class Result(msgspec.Struct, frozen=True):
    """Encoded members; every modern result says in `kind` whether it is complete."""

    members: bytes = b""
    kind: str = "complete"


class Session(Protocol):
    """One HTTP request's way to the tenant: who asks, and how a tool is carried out for him."""

    request_id: str
    scopes: Collection[str]
    """What the credential claims, which decides what is listed; whether it may is for `require` to say."""

    async def require(self, scope: Scope) -> None:
        """Raises: Refusal: the credential has died, does not hold the scope, or its plan does not."""

    async def admit(self, more: int) -> None:
        """Count the further calls of a batch against the rate limit."""

    async def call_tool(self, tool: Tool, arguments: Arguments, request: Request) -> ToolOutcome | InputNeeded:
        """Refusals are raised as they are."""

    async def read_resource(self, resource: Resource) -> str:
        """The resource as text."""

    def refused(self, refusal: Refusal) -> None:
        """Log what a tool was refused with."""

    def report(self, failure: Exception) -> None:
        """Log what the caller is only told to be an internal error."""


@dataclass(frozen=True)
class Server:
    """What one endpoint answers with; `methods` maps a name to what carries it out."""

    registry: Registry
    methods: Mapping[str, "Method"]
    info: Mapping[str, str]
    capabilities: Mapping[str, Any]
    instructions: str
    origins: Collection[str] = field(default_factory=frozenset)


class Method(msgspec.Struct, frozen=True):
    run: Callable[[Server, Request, Session], Awaitable[Result]]
    modern: bool = True
    legacy: bool = True
    cacheable: bool = False


async def initialize(server: Server, request: Request, _: Session) -> Result:
    asked = request.params.get("protocolVersion")
    if not isinstance(asked, str):
        raise RpcError(INVALID_PARAMS, "Invalid params: initialize names a protocolVersion")
    greeting = {
        "protocolVersion": asked if asked in LEGACY else LEGACY[-1],
        "capabilities": server.capabilities,
        "serverInfo": server.info,
        "instructions": server.instructions,
    }
    return Result(members(greeting))


async def ping(_server: Server, _request: Request, _session: Session) -> Result:
    return Result()


async def discover(server: Server, _request: Request, _session: Session) -> Result:
    offer = {
        "supportedVersions": MODERN,
        "capabilities": server.capabilities,
        "instructions": server.instructions,
    }
    return Result(members(offer))


async def list_tools(server: Server, request: Request, session: Session) -> Result:
    only_page(request)
    await session.require("read")
    return Result(b'"tools":' + server.registry.listed_tools(session.scopes))


async def list_resources(server: Server, request: Request, session: Session) -> Result:
    only_page(request)
    await session.require("read")
    return Result(b'"resources":' + server.registry.listed_resources(session.scopes))


async def list_resource_templates(_server: Server, request: Request, _session: Session) -> Result:
    only_page(request)
    return Result(b'"resourceTemplates":[]')


async def read_resource(server: Server, request: Request, session: Session) -> Result:
    uri = request.params.get("uri")
    resource = server.registry.resources.get(uri) if isinstance(uri, str) else None
    if resource is None:
        code = INVALID_PARAMS if request.era.modern else RESOURCE_NOT_FOUND
        raise RpcError(code, "Resource not found: resources/list has those there are", {"uri": uri})
    text = await session.read_resource(resource)
    return Result(members({"contents": [{"uri": resource.uri, "mimeType": resource.mime_type, "text": text}]}))


async def call_tool(server: Server, request: Request, session: Session) -> Result:
    name = request.params.get("name")
    tool = server.registry.tools.get(name) if isinstance(name, str) else None
    if tool is None:
        raise RpcError(INVALID_PARAMS, "Unknown tool: tools/list has those there are")
    sent = request.params.get("arguments")
    if request.era.modern:
        check_mirrored(tool, sent if isinstance(sent, dict) else {}, request.headers)
    outcome = await _outcome(tool, {} if sent is None else sent, request, session)
    return asking(outcome, request) if isinstance(outcome, InputNeeded) else _told(outcome, request.era)


def only_page(request: Request) -> None:
    """Every list is one page, so no cursor was ever given out; an empty one stands for the beginning."""
    if request.params.get("cursor", "") != "":
        raise RpcError(INVALID_PARAMS, "Invalid params: unknown cursor; list again without one")


def asking(needed: InputNeeded, request: Request) -> Result:
    """Only what the client declared is asked of it; one that can answer nothing is told which argument to add."""
    answerable = {
        name: each
        for name, each in needed.requests.items()
        if CAPABILITY_OF_REQUEST.get(each["method"]) in request.client_capabilities
    }
    if needed.requests and not answerable:
        message = f"more input is needed: call again with the argument {needed.argument}"
        refusal = refused({"error": "input_required", "message": message, "argument": needed.argument})
        return _told(refusal, request.era)
    asked: dict[str, Any] = {"inputRequests": answerable} if answerable else {}
    if needed.state is not None:
        asked["requestState"] = needed.state
    return Result(members(asked), kind="input_required")


async def _outcome(tool: Tool, sent: object, request: Request, session: Session) -> ToolOutcome | InputNeeded:
    try:
        if tool.scope not in session.scopes:
            await session.require(tool.scope)
        return await session.call_tool(tool, _arguments(tool, sent), request)
    except Refusal as refusal:
        if _of_the_whole_request(refusal):
            raise
        session.refused(refusal)
        return refused(for_a_model(tool, refusal).body(session.request_id))


def _arguments(tool: Tool, sent: object) -> Arguments:
    try:
        return tool.arguments.model_validate(sent)
    except ValidationError as fault:
        raise invalid_arguments(tool, fault) from fault


def _of_the_whole_request(refusal: Refusal) -> bool:
    """A dead token and a spent day are told in HTTP, where clients look for them."""
    return refusal.status == 401 or refusal.details.get("resource") == "api_calls"  # noqa: PLR2004


def _told(outcome: ToolOutcome, era: Era) -> Result:
    told = [b'"content":']
    if outcome.content:
        told.append(outcome.content)
    else:
        told += (b'[{"type":"text","text":', encode(outcome.structured.decode()), b"}]")
    if outcome.structured and (era.structures_refusals or not outcome.is_error):
        told += (b',"structuredContent":', outcome.structured)
    told.append(b',"isError":true' if outcome.is_error else b',"isError":false')
    return Result(b"".join(told))


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
