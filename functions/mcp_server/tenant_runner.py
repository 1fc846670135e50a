"""The runner of tools and resources for the caller of one HTTP request, in transactions of the tenant."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import msgspec

from shared.edge import Call
from shared.edge.idempotency import IdempotentRequest, canonical
from shared.kernel.errors import Refusal
from shared.kernel.json import encode
from shared.platform.mcp.methods import Request
from shared.platform.mcp.outcomes import ToolOutcome
from shared.platform.mcp.registry import SCOPES, Arguments, Resource, Scope, Tool, ToolContext, WriteArguments
from shared.runtime.postgres.transaction import Tx
from shared.tenancy.principal import Kind, Principal

from .hints import with_tools

REFUSED = 400
"""A stored answer with this status or a higher one was a refusal."""


class TenantRunner:
    def __init__(self, call: Call) -> None:
        self._call = call
        self.request_id = call.request_id
        self.scopes = scopes_of(call.principal)

    async def admit(self, more: int) -> None:
        if more:
            await self._call.charge(calls=more)

    async def require(self, scope: Scope) -> None:
        await self._call.admit(scope)

    async def call_tool(self, tool: Tool, arguments: Arguments, _: Request) -> ToolOutcome:
        self._call.log["tool"] = tool.name
        answer = await self._call.perform(
            self._work(lambda call: _run(tool, call, arguments)),
            scope=tool.scope,
            read_only=tool.scope == "read",
            idempotent=_idempotent_request(tool, arguments),
        )
        return ToolOutcome(answer.body, is_error=answer.status >= REFUSED)

    async def read_resource(self, resource: Resource) -> str:
        self._call.log["resource"] = resource.uri
        async with self._call.begin(resource.scope, read_only=True) as tx:
            await tx.admit()
            contents = await self._work(resource.run)(tx)
        return contents if isinstance(contents, str) else encode(contents).decode()

    def refused(self, refusal: Refusal) -> None:
        self._call.refused(refusal)

    def report(self, failure: Exception) -> None:
        self._call.log["exc_info"] = failure

    def _work(self, run: Callable[[ToolContext], Awaitable[Any]]) -> Callable[[Tx], Awaitable[msgspec.Struct | str]]:
        async def work(tx: Tx) -> Any:
            return await run(
                ToolContext(
                    tx, self._call.principal, self.request_id, self._call.calls_today or 0, self._call.after_commit
                )
            )

        return work


async def _run(tool: Tool, call: ToolContext, arguments: Arguments) -> msgspec.Struct:
    """Run the tool; let a refusal name tools before an idempotency key stores it."""
    try:
        return await tool.run(call, arguments)
    except Refusal as refusal:
        named = with_tools(refusal)
        if named is None:
            raise
        raise named from refusal


def _idempotent_request(tool: Tool, arguments: Arguments) -> IdempotentRequest | None:
    if not isinstance(arguments, WriteArguments) or arguments.idempotency_key is None:
        return None
    return IdempotentRequest(tool.name, arguments.idempotency_key, canonical(arguments))


def scopes_of(principal: Principal) -> Collection[str]:
    """Return the scopes: an agent's token names them, a person's follow from the membership."""
    if principal.kind is Kind.AGENT:
        return principal.scopes
    if principal.org_role in {"owner", "admin"}:
        return SCOPES
    return SCOPES[:2] if principal.org_role else ()
