"""Every function there is, and the callers that each serves."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra import functions
from infra.local.servers.services import Services
from shared.edge.spec import Spec
from shared.tenancy.principal import Kind
from tests.conftest import Caller, Org, Tenants


@pytest.fixture(scope="session")
def org(services: Services, base_url: str) -> Org:
    """Return one tenant for all these tests: they make their callers anew, so that rate limits never meet."""
    return Tenants(services).org()


@pytest.fixture
def caller_of(org: Org, services: Services) -> Callable[[Spec], Caller]:
    """Return somebody whom the function serves, with every right there is; an agent where agents are served."""

    def choose(spec: Spec) -> Caller:
        if Kind.AGENT in spec.access:
            return org.agent()
        return org.person("owner") if Kind.USER in spec.access else Caller(services.secrets.secret_key, uuid.uuid4())

    return choose


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Callable[..., Any]:
    """`await ask(spec, as_=caller, json=...)`: by the function's own method unless another is given.

    With `example=True` the function's own example is sent, which it reads without a fault.
    """

    async def send(
        spec: Spec,
        *,
        as_: Caller | None = None,
        method: str = "",
        query: str = "",
        headers: dict[str, str] | None = None,
        example: bool = False,
        **kw: Any,
    ) -> httpx.Response:
        if example and spec.example:
            kw["params" if spec.method == "GET" else "json"] = spec.example
        verb = method or ("POST" if spec.method == "*" else spec.method)
        url = f"/functions/v1/{spec.name}{'?' if query else ''}{query}"
        return await http.request(verb, url, headers={**(as_.headers if as_ else {}), **(headers or {})}, **kw)

    return send


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """Return the one shape of a refusal, with that status and code."""

    def check(answer: httpx.Response, status: int, error: str) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        body: dict[str, Any] = answer.json()
        assert body["error"] == error, body
        assert isinstance(body["message"], str)
        assert len(body["message"]) > 5
        assert body["request_id"] == answer.headers["x-request-id"]
        return body

    return check


@pytest.fixture
def claims(org: Org) -> Callable[..., dict[str, Any]]:
    """Return those of a true agent's token, with some replaced."""
    agent = org.agent()

    def make(**replaced: Any) -> dict[str, Any]:
        return {
            "sub": str(agent.id),
            "role": "authenticated",
            "jti": uuid.uuid4().hex,
            "organization_id": str(org.id),
            "org_role": "agent",
            "agent_scopes": ["read", "write", "admin"],
            "key_id": str(agent.key_id),
            "iat": int(time.time()),
            "app_metadata": {"organization_id": str(org.id), "org_role": "agent"},
            **replaced,
        }

    return make


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `spec` for each function, one with `spec_<kind>` for each of that kind."""
    for argument, belongs in KINDS.items():
        if argument in metafunc.fixturenames:
            chosen = [spec for spec in functions.specs() if belongs(spec)]
            metafunc.parametrize(argument, chosen, ids=[spec.name for spec in chosen])


KINDS: dict[str, Callable[[Spec], bool]] = {
    "spec": lambda _: True,
    "spec_with_token": lambda spec: not spec.public,
    "spec_with_scope": lambda spec: spec.scope is not None,
    "spec_with_model": lambda spec: spec.body is not None,
    "spec_with_body": lambda spec: spec.body is not None and spec.method != "GET",
    "spec_of_members": lambda spec: Kind.USER in spec.access and not spec.public,
    "spec_of_function": lambda spec: not spec.has_own_protocol,
}
