"""Requests to /rest/v1 as supabase clients send them."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Caller


@pytest.fixture
def keys(services) -> dict[str, str]:
    """Return the project's opaque keys, by kind."""
    return {"publishable": services.secrets.publishable_key, "secret": services.secrets.secret_key}


@pytest.fixture
def rest(http: httpx.AsyncClient, keys) -> Callable[..., Any]:
    """Request a table: `await rest("GET", "customers?limit=1", as_=org.agent())`."""

    async def send(
        method: str,
        path: str,
        *,
        as_: Caller | None = None,
        key: str = "publishable",
        headers: dict[str, str] | None = None,
        **kw: Any,
    ) -> httpx.Response:
        sent = {"apikey": keys[key], **(as_.headers if as_ else {}), **(headers or {})}
        return await http.request(method, f"/rest/v1/{path}", headers=sent, **kw)

    return send


@pytest.fixture
def error_of() -> Callable[[httpx.Response], str]:
    """Our own code, which stands in the details."""
    return lambda answer: str(json.loads(answer.json()["details"])["error"])
