"""Where attacks play: a shop that may write, another tenant, and what both can send."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

Json = Any
REPRESENTATION = {"Prefer": "return=representation"}
COUNTED = {"Prefer": "return=minimal,count=exact"}
"""Columns that the caller may not read are no reason to refuse the write."""
LONGEST_WAIT_S = 65


@dataclass
class Caller:
    """Somebody with a token."""

    http: httpx.AsyncClient
    public_key: str
    token: str

    async def ask(self, method: str, path: str, body: Json = None, **kw: Any) -> httpx.Response:
        headers = {"apikey": self.public_key, "Authorization": f"Bearer {self.token}", **kw.pop("headers", {})}
        if body is not None:
            kw["content"] = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        return await patiently(lambda: self.http.request(method, path, headers=headers, **kw))

    async def insert(self, table: str, row: Json) -> httpx.Response:
        return await self.ask("POST", f"/rest/v1/{table}", row, headers=COUNTED)

    async def update(self, table: str, condition: str, change: Json) -> httpx.Response:
        return await self.ask("PATCH", f"/rest/v1/{table}?{condition}", change, headers=COUNTED)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        answer = await self.ask("GET", f"/rest/v1/{query}")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    async def made(self, table: str, **row: Any) -> dict[str, Any]:
        """A row of the attack's own; that this works is no part of the attack."""
        answer = await self.ask("POST", f"/rest/v1/{table}", row, headers=REPRESENTATION)
        assert answer.status_code == httpx.codes.CREATED, f"{table}: {answer.status_code} {answer.text[:300]}"
        made: dict[str, Any] = answer.json()[0]
        return made

    async def call(self, function: str, body: Json = None, method: str = "POST") -> httpx.Response:
        return await self.ask(method, f"/functions/v1/{function}", body)

    async def tool(self, name: str, **arguments: Any) -> httpx.Response:
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        accepted = {"Accept": "application/json, text/event-stream"}
        return await self.ask("POST", "/functions/v1/mcp-server", message, headers=accepted)


@dataclass
class Stage:
    """`shop` and `rival` are the owners of two tenants; the secrets are known where the attacker runs the host."""

    http: httpx.AsyncClient
    public_key: str
    secret_key: str | None
    shop: Caller
    rival: Caller
    app_secret: str | None = None
    _keys: list[str] = field(default_factory=list)

    def nobody(self) -> Caller:
        return Caller(self.http, self.public_key, self.public_key)

    async def key(self, *scopes: str) -> dict[str, Any]:
        """A new key of the shop's, as its owner is shown it; revoked when the stage is left."""
        answer = await self.shop.call("agent-api-key-create", {"name": f"Attack {tag()}", "scopes": list(scopes)})
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        self._keys.append(made["id"] if "id" in made else made["key_id"])
        return made

    async def agent(self, *scopes: str) -> Caller:
        exchanged = await self.exchange((await self.key(*scopes))["api_key"])
        return Caller(self.http, self.public_key, exchanged.json()["access_token"])

    async def exchange(self, api_key: str) -> httpx.Response:
        return await patiently(lambda: self.http.post("/functions/v1/agent-auth", json={"api_key": api_key}))

    async def organization(self, caller: Caller | None = None) -> dict[str, Any]:
        return (await (caller or self.shop).rows("organizations?select=*&limit=1"))[0]

    async def item(self, **columns: Any) -> dict[str, Any]:
        named = {"name": "Attack item", "sku": f"ATK-{tag()}", "selling_price": 100, **columns}
        return await self.shop.made("items", **named)

    async def order(self, *, status: str = "pending", lines: int = 1) -> dict[str, Any]:
        """An order of lines that name no item, moved along to that status."""
        order = await self.shop.made("orders", notes="attack")
        for number in range(lines):
            await self.shop.made("order_items", order_id=order["id"], name=f"Line {number}", qty=1, unit_price=320)
        for step in STEPS[: STEPS.index(status) + 1]:
            answer = await self.shop.update("orders", f"id=eq.{order['id']}", {"order_status": step})
            assert answer.is_success, f"{step}: {answer.text}"
        return (await self.shop.rows(f"orders?id=eq.{order['id']}"))[0]

    async def leave(self) -> None:
        for key_id in self._keys:
            await self.shop.call("agent-api-key-revoke", {"id": key_id})


STEPS: Sequence[str] = ("pending", "confirmed", "fulfilling", "shipped", "delivered")


async def patiently(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer, once a limit by the minute lets one through: such limits are another attack's business."""
    answer = await send()
    while answer.status_code == httpx.codes.TOO_MANY_REQUESTS and int(answer.headers["retry-after"]) < LONGEST_WAIT_S:
        await asyncio.sleep(int(answer.headers["retry-after"]))
        answer = await send()
    return answer


def tag() -> str:
    """Nobody else's name."""
    return uuid.uuid4().hex[:12]
