"""Requests of each operation in each server's own form, turn by turn from many agents."""

import itertools
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import jwt

from bench import queries
from bench.dataset import Data
from bench.records import COUNTER
from bench.servers import BASE_URL, Server

TTL_S = 3 * 3600
LEGACY, MODERN = "2025-11-25", "2026-07-28"
SEARCHES = ("Ahmed Hassan", "منصور", "Yousef", "Sulieman", "نور", "+201000000042", "Laila Khalil", "Barakt", "سلمى حسن")


@dataclass(frozen=True)
class Agent:
    organization_id: str
    token: str
    contacts: Sequence[str]


@dataclass(frozen=True)
class Crowd:
    """The agents of one database; `big` are those of the organization with 100,000 contacts."""

    many: Sequence[Agent]
    big: Sequence[Agent]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    token: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    def raw(self, port: int) -> bytes:
        body = b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + body


def crowd(data: Data, database: str) -> Crowd:
    with data.connect(database) as connection:
        found = queries.list_agents(connection)
        samples = queries.list_samples(connection, count=20)
    key = jwt.PyJWK(json.loads(data.services.secrets.jwt_private_jwk), algorithm="ES256")
    agents = [(_agent(key, *row[:3], samples[row[0]]), row[3]) for row in found]
    return Crowd([agent for agent, big in agents if not big], [agent for agent, big in agents if big])


def _agent(key: jwt.PyJWK, organization_id: str, user_id: str, key_id: str, contacts: list[str]) -> Agent:
    """Return an agent with a token like agent-auth's, which lasts as long as the longest run."""
    now = int(time.time())
    claims = {
        "iss": f"{BASE_URL}/auth/v1",
        "aud": "authenticated",
        "iat": now,
        "exp": now + TTL_S,
        "sub": user_id,
        "role": "authenticated",
        "jti": str(uuid4()),
        "organization_id": organization_id,
        "org_role": "agent",
        "agent_scopes": ["read", "write"],
        "key_id": key_id,
        "organization_timezone": "Africa/Cairo",
        "app_metadata": {"organization_id": organization_id, "org_role": "agent"},
    }
    return Agent(organization_id, jwt.encode(claims, key.key, "ES256", {"kid": str(key.key_id)}), contacts)


def mcp(agent: Agent, method: str, params: dict[str, Any], *, era: str, path: str = "/") -> Request:
    headers = [("Accept", "application/json, text/event-stream"), ("Mcp-Protocol-Version", era)]
    if era == MODERN:
        meta = {f"io.modelcontextprotocol/{name}": value for name, value in _CLIENT.items()}
        params = {**params, "_meta": meta}
        headers.append(("Mcp-Method", method))
        headers += [("Mcp-Name", params["name"])] if "name" in params else []
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Request("POST", path, agent.token, message, tuple(headers))


_CLIENT = {"protocolVersion": MODERN, "clientCapabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


def arguments(operation: str, agent: Agent) -> dict[str, Any]:
    contact = random.choice(agent.contacts)  # noqa: S311
    if operation == "get_contact":
        return {"customer_id": contact}
    if operation == "create_order":
        items = [{"sku": f"SKU-{number}", "qty": 2} for number in random.sample(range(1, 51), 3)]
        return {"customer_id": contact, "items": items, "idempotency_key": COUNTER}
    if operation == "search":
        return {"query": random.choice(SEARCHES)}  # noqa: S311
    return {"limit": 25}


def of_tool(operation: str, server: Server, agents: Sequence[Agent], *, era: str = LEGACY) -> list[Request]:
    """Return calls of this server's tool for the operation."""
    name = operation if server.peer else f"nexus_{operation}"
    return [
        mcp(agent, "tools/call", {"name": name, "arguments": arguments(operation, agent)}, era=era) for agent in agents
    ]


def of_list(agents: Sequence[Agent], *, era: str = LEGACY) -> list[Request]:
    return [mcp(agent, "tools/list", {}, era=era) for agent in agents]


def of_endpoint(method: str, path: str, operation: str | None, agents: Sequence[Agent]) -> list[Request]:
    return [Request(method, path, agent.token, operation and arguments(operation, agent)) for agent in agents]


def of_bare(path: str, operation: str, agents: Sequence[Agent]) -> list[Request]:
    return [
        Request(
            "GET", f"{path}?{urlencode({'organization_id': agent.organization_id, **arguments(operation, agent)})}", ""
        )
        for agent in agents
    ]


def of_exchange(keys: Sequence[str], *, count: int) -> list[Request]:
    """Return key exchanges, each from a new address, because the limit by address is on."""
    return [
        Request("POST", "/", "", {"api_key": key}, (("X-Forwarded-For", address()),))
        for key in itertools.islice(itertools.cycle(keys), count)
    ]


def address() -> str:
    return ".".join(str(random.randrange(1, 255)) for _ in range(4))  # noqa: S311
