"""Addresses of callers, and keys that are made and exchanged through functions."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Caller


@pytest.fixture
def elsewhere() -> Callable[[], dict[str, str]]:
    """Return headers of a client at an address of its own, so that no limit by address is met by chance."""
    return lambda: {"X-Forwarded-For": ".".join(str(secrets.randbelow(254) + 1) for _ in range(4))}


@pytest.fixture
def make_key(call, org) -> Callable[..., Any]:
    """Return a key of the organization, as its owner makes one; the answer of agent-api-key-create."""

    async def make(*scopes: str, as_: Caller | None = None, **fields: Any) -> dict[str, Any]:
        body = {"name": "Layla", "scopes": list(scopes) or ["read"], **fields}
        answer = await call("agent-api-key-create", as_=as_ or org.owner, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return make


@pytest.fixture
def token_of(call, elsewhere) -> Callable[..., Any]:
    """Return the token that a raw key gives, as a header."""

    async def exchange(raw: str) -> dict[str, str]:
        answer = await call("agent-auth", json={"api_key": raw}, headers=elsewhere())
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return exchange
