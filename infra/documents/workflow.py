"""The first workflow of an agent, step by step: the source of mcp.json, llms.txt and the first page."""

import json
from typing import Any, NamedTuple

from infra.documents import addresses

OWN_EMAIL = "owner@example.com"


class Trouble(NamedTuple):
    status: int
    error: str
    do: str


class Step(NamedTuple):
    """`$NAME` stands for a value that an earlier step's `keep` took, by JSON pointer, from its answer."""

    id: str
    title: str
    description: str
    method: str
    url: str
    status: int
    body: dict[str, Any] | None = None
    token: bool = False
    keep: dict[str, str] = {}  # noqa: RUF012  (never changed)
    troubles: tuple[Trouble, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Authorization": "Bearer $ACCESS_TOKEN"} if self.token else {}
        typed = {"Content-Type": "application/json", "Accept": "application/json"} if self.body else {}
        return sent | typed

    def described(self) -> dict[str, Any]:
        """Return the step for programs."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "request": {
                "method": self.method,
                "url": self.url,
                "headers": self.headers,
                **({"body": self.body} if self.body else {}),
            },
            "response": {"status": self.status, **({"keep": self.keep} if self.keep else {})},
            "errors": [trouble._asdict() for trouble in self.troubles],
        }

    def curl(self) -> str:
        """Return a command for people and models that runs once the variables of `keep` are set."""
        lines = [f"curl -sS -X {self.method} '{self.url}'"]
        lines += [f'-H "{name}: {value}"' for name, value in self.headers.items()]
        if self.body:
            text = json.dumps(self.body)
            quote = '"' if "$" in text else "'"
            lines.append(f"-d {quote}{text.replace(chr(34), chr(92) + chr(34)) if quote == chr(34) else text}{quote}")
        return " \\\n  ".join(lines)


def _rpc(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, **({"params": params} if params else {})}


EXPIRED = Trouble(401, "invalid_token", "exchange the key again (step exchange), then repeat the call")
REVOKED = Trouble(401, "key_revoked", "stop: ask an owner or admin of the organization for a new key")
TOO_FAST = Trouble(429, "rate_limit_exceeded", "wait the seconds in Retry-After, then repeat the call")
PLAN = Trouble(403, "plan_limit_exceeded", "stop and tell your owner what `upgrade` says; repeating does not help")

STEPS = (
    Step(
        "register",
        "Register",
        "Creates your own organization on the free plan and returns its first API key, once: store it. Use your own "
        "name, platform, organization and the e-mail of the person responsible for you. Skip this step if a person "
        "has given you a key, and register only when your owner asked for it.",
        "POST",
        f"{addresses.FUNCTIONS}/agent-register",
        201,
        body={
            "agent_name": "My agent",
            "agent_platform": "custom",
            "owner_email": OWN_EMAIL,
            "organization_name": "My shop",
        },
        keep={"API_KEY": "/api_key", "ORGANIZATION_ID": "/organization_id"},
        troubles=(
            Trouble(422, "invalid_request", "correct the fields that `errors` points at"),
            Trouble(429, "rate_limit_exceeded", "5 a day for an e-mail, 20 an hour for an address: wait Retry-After"),
        ),
    ),
    Step(
        "exchange",
        "Exchange the key for a token",
        "The token is valid for an hour; there is no refresh token: exchange the key again when a call answers 401. "
        "The same URL is an OAuth 2 token endpoint: grant_type=client_credentials, the key as the client secret.",
        "POST",
        f"{addresses.FUNCTIONS}/agent-auth",
        200,
        body={"api_key": "$API_KEY"},
        keep={"ACCESS_TOKEN": "/access_token"},
        troubles=(
            Trouble(401, "invalid_api_key", "stop: ask an owner or admin of the organization for a new key"),
            Trouble(429, "rate_limit_exceeded", "10 attempts a minute for an address: wait Retry-After"),
        ),
    ),
    Step(
        "tools",
        "See the tools",
        "The tools that the token's scopes allow, each with its schemas. MCP clients do this by themselves: give them "
        "the URL and the token. initialize is optional.",
        "POST",
        addresses.MCP,
        200,
        body=_rpc("tools/list"),
        token=True,
        troubles=(EXPIRED, REVOKED, TOO_FAST),
    ),
    Step(
        "work",
        "Do something useful",
        "A tool's answer is in result.structuredContent. A refusal is a result with isError, whose fields say what to "
        "do. Give every write an idempotency_key of your own, so that repeating it is safe.",
        "POST",
        addresses.MCP,
        200,
        body=_rpc("tools/call", name="nexus_list_contacts", arguments={"limit": 5}),
        token=True,
        troubles=(
            EXPIRED,
            REVOKED,
            Trouble(200, "insufficient_scope", "an isError result: do what `remedy` says"),
            PLAN,
            TOO_FAST,
        ),
    ),
    Step(
        "usage",
        "See the rest of the plan",
        "The plan, what is used and left, warnings, and what the next plan adds.",
        "GET",
        f"{addresses.FUNCTIONS}/agent-usage",
        200,
        token=True,
        troubles=(EXPIRED, REVOKED, PLAN, TOO_FAST),
    ),
)
