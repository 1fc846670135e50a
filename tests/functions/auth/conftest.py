"""A person or two, the surface as httpx sees it, and the mails that it sends."""

import re
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from infra.local.secrets import Secrets
from infra.local.servers.services import Services
from shared.runtime.settings import settings

PASSWORD = "correct horse"


@dataclass
class Person:
    """Somebody who signed up."""

    email: str
    password: str
    session: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.session["access_token"])

    @property
    def refresh_token(self) -> str:
        return str(self.session["refresh_token"])

    @property
    def id(self) -> str:
        return str(self.session["user"]["id"])


@dataclass(frozen=True)
class Letter:
    """A mail as its reader sees it."""

    subject: str
    text: str
    language: str

    @property
    def otp(self) -> str:
        found = re.search(r"\b\d{6,10}\b(?!\S)", self.text)
        assert found, self.text
        return found[0]

    @property
    def link(self) -> str:
        found = re.search(r"http://\S+", self.text)
        assert found, self.text
        return found[0]

    @property
    def token(self) -> str:
        return str(httpx.URL(self.link).params["token"])


@pytest.fixture
def mailed(base_url: str, services: Services) -> Callable[[str], list[Letter]]:
    """Return what has been mailed to an address, the newest first, once the job has sent what waits."""

    def to(address: str) -> list[Letter]:
        with httpx.Client(base_url=base_url, timeout=30) as client:
            key = {"Authorization": f"Bearer {services.secrets.secret_key}"}
            client.post("/functions/v1/send-mail", headers=key).raise_for_status()
            mails = client.get("/mailbox", headers={"Accept": "application/json"}).json()
        return [
            Letter(mail["subject"], mail["text"], mail["language"]) for mail in mails if mail["recipient"] == address
        ]

    return to


@pytest.fixture
def host(base_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Provide `host(signup_enabled=False)`: the surface with other settings."""

    def change(**values: Any) -> None:
        changed = replace(settings(), **values)
        for name, module in list(sys.modules.items()):
            ours = name.startswith(("shared.platform.accounts", "shared.providers.mail", "functions.auth"))
            if ours and hasattr(module, "settings"):
                monkeypatch.setattr(module, "settings", lambda: changed)

    return change


@pytest.fixture
def keys(services: Services) -> Secrets:
    return services.secrets


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def auth(http: httpx.AsyncClient, keys: Secrets) -> Callable[..., Awaitable[httpx.Response]]:
    """`await auth("GET", "user", token=person.token)`; `key=None` leaves the apikey out, `dated=False` the version."""

    async def send(
        method: str,
        path: str,
        *,
        key: str | None = "publishable",
        token: str | None = None,
        dated: bool = True,
        headers: dict[str, str] | None = None,
        **kw: Any,
    ) -> httpx.Response:
        named = {"publishable": keys.publishable_key, "secret": keys.secret_key}
        sent = {
            **({"apikey": named.get(key, key)} if key else {}),
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **({"X-Supabase-Api-Version": "2024-01-01"} if dated else {}),
            **(headers or {}),
        }
        return await http.request(method, f"/auth/v1/{path}", headers=sent, **kw)

    return send


@pytest.fixture
def sign_up(auth: Callable[..., Awaitable[httpx.Response]]) -> Callable[..., Awaitable[Person]]:
    async def make(**body: Any) -> Person:
        sent = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD, **body}
        answer = await auth("POST", "signup", json=sent)
        assert answer.status_code == 200, answer.text
        return Person(sent["email"], sent["password"], answer.json())

    return make


@pytest.fixture
async def person(sign_up: Callable[..., Awaitable[Person]]) -> Person:
    return await sign_up()


@pytest.fixture
def sign_in(auth: Callable[..., Awaitable[httpx.Response]]) -> Callable[..., Awaitable[httpx.Response]]:
    async def enter(email: str, password: str = PASSWORD) -> httpx.Response:
        return await auth("POST", "token?grant_type=password", json={"email": email, "password": password})

    return enter


@pytest.fixture
def refresh(auth: Callable[..., Awaitable[httpx.Response]]) -> Callable[[str], Awaitable[httpx.Response]]:
    async def again(refresh_token: str) -> httpx.Response:
        return await auth("POST", "token?grant_type=refresh_token", json={"refresh_token": refresh_token})

    return again
