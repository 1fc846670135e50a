"""A small server of its own for the wire tests: the protocol is tested without HTTP, database or product tools."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
import pytest

from shared.kernel.errors import (
    Conflict,
    InsufficientScope,
    InvalidToken,
    PlanLimitExceeded,
    Refusal,
    UnsupportedMediaType,
)
from shared.kernel.json import encode
from shared.platform.mcp.methods import CORE, Request, Server
from shared.platform.mcp.outcomes import InputNeeded, ToolOutcome
from shared.platform.mcp.protocol import dispatch
from shared.platform.mcp.registry import (
    Arguments,
    Registry,
    Resource,
    Scope,
    Tool,
    ToolContext,
    WriteArguments,
    resource,
    tool,
)
from shared.platform.mcp.transport import ForbiddenOrigin, NotAcceptable, Reply

MODERN = "2026-07-28"
LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
META = "io.modelcontextprotocol/"


class Greeting(Arguments):
    name: str
    times: int = 1


class Renaming(WriteArguments):
    name: str


class Greeted(msgspec.Struct, frozen=True):
    text: str


@tool(scope="read", title="Greet")
async def greet(_call: ToolContext, arguments: Greeting) -> Greeted:
    """Greet somebody by name."""
    return Greeted(" ".join([arguments.name] * arguments.times))


@tool(scope="write", title="Rename", idempotent=True)
async def rename(_call: ToolContext, arguments: Renaming) -> Greeted:
    """Change a name."""
    return Greeted(arguments.name)


@resource("test://about", name="about", title="About", description="What this is", mime_type="text/plain")
async def about(_call: ToolContext) -> str:
    return "a test"


@dataclass
class FakeSession:
    """Carries tools out without a tenant; a name that is a key of `raises` brings that exception about."""

    scopes: Collection[str] = frozenset({"read", "write", "admin"})
    request_id: str = "req_1"
    admitted: list[int] = field(default_factory=list)
    reported: list[Exception] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    dead: bool = False
    raises: ClassVar = {
        "conflict": Conflict("take another name", taken="conflict"),
        "dead": InvalidToken(),
        "spent": PlanLimitExceeded(resource="api_calls"),
        "crash": RuntimeError("secret detail"),
    }

    async def admit(self, more: int) -> None:
        self.admitted.append(more)

    async def require(self, scope: Scope) -> None:
        if self.dead:
            raise InvalidToken
        if scope not in self.scopes:
            raise InsufficientScope(required=scope, granted=sorted(self.scopes))

    async def call_tool(self, tool: Tool, arguments: Arguments, _: Request) -> ToolOutcome | InputNeeded:
        self.called.append(tool.name)
        name: str = getattr(arguments, "name", "")
        if name in self.raises:
            raise self.raises[name]
        if name == "ask":
            return InputNeeded({"who": {"method": "elicitation/create", "params": {}}}, argument="name", state="s1")
        call: Any = None
        return ToolOutcome(encode(await tool.run(call, arguments)))

    async def read_resource(self, resource: Resource) -> str:
        call: Any = None
        return str(await resource.run(call))

    def refused(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)

    def report(self, failure: Exception) -> None:
        self.reported.append(failure)


@pytest.fixture(scope="session")
def server() -> Server:
    return Server(
        registry=Registry(tools={each.name: each for each in (greet, rename)}, resources={about.uri: about}),
        methods=CORE,
        info={"name": "test", "version": "1"},
        capabilities={"tools": {}, "resources": {}},
        instructions="be kind",
        origins={"http://127.0.0.1:54321", "https://app.example"},
    )


@pytest.fixture(scope="session")
def new_session() -> type[FakeSession]:
    return FakeSession


@pytest.fixture
def session() -> FakeSession:
    return FakeSession()


@pytest.fixture(scope="session")
def reply_to() -> Callable[..., Any]:
    """Dispatch a request, and write the refusals of its headers as a host does."""

    async def send(server: Server, verb: str, headers: Mapping[str, str], body: bytes, session: FakeSession) -> Reply:
        try:
            return await dispatch(server, verb, headers, body, session)
        except (ForbiddenOrigin, NotAcceptable, UnsupportedMediaType) as refusal:
            return Reply(refusal.status, msgspec.json.encode(refusal.body(session.request_id)))

    return send


@pytest.fixture
def post(server, session, reply_to) -> Callable[..., Any]:
    """Send bytes or a JSON value as it is, with headers over those that every client sends."""

    async def send(message: Any, *, verb: str = "POST", **headers: str | None) -> Reply:
        body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        sent = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in (sent | named).items() if value is not None}
        reply: Reply = await reply_to(server, verb, given, body, session)
        return reply

    return send


@pytest.fixture
def ask(post) -> Callable[..., Any]:
    """Send one well-formed request as a client of that version does; gives the status and the decoded answer."""

    async def send(version: str | None, method: str, params: Mapping[str, Any] | None = None, **meta: Any) -> Any:
        params = dict(params or {})
        headers: dict[str, str] = {}
        if version is not None:
            headers["mcp_protocol_version"] = version
        if version == MODERN:
            params["_meta"] = {META + "protocolVersion": version, META + "clientCapabilities": {}, **meta}
            headers["mcp_method"] = method
            named = params.get("name", params.get("uri"))
            if named is not None:
                headers["mcp_name"] = named
        reply = await post({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}, **headers)
        return reply.status, msgspec.json.decode(reply.body) if reply.body else None

    return send
