"""The surface as httpx sees it, a bucket of the test's own, and who may what in it."""

import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.secrets import Secrets
from infra.local.servers.services import Services
from tests.conftest import Caller, Org, Tenants

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def keys(services: Services) -> Secrets:
    return services.secrets


@pytest.fixture
def storage(http: httpx.AsyncClient, keys: Secrets) -> Ask:
    """`await storage("GET", "bucket", as_=agent)`; `key` names a key of the project, None brings nothing."""

    async def send(
        method: str,
        path: str,
        *,
        as_: Caller | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **kw: Any,
    ) -> httpx.Response:
        named = {} if key is None else {"apikey": getattr(keys, key)}
        sent = {**named, **(as_.headers if as_ else {}), **(headers or {})}
        return await http.request(method, f"/storage/v1/{path}", headers=sent, **kw)

    return send


@pytest.fixture
def served(storage: Ask) -> Ask:
    """As the service; what it asks succeeds."""

    async def send(method: str, path: str, **kw: Any) -> httpx.Response:
        answer = await storage(method, path, key="secret_key", **kw)
        assert answer.status_code == 200, answer.text
        return answer

    return send


@pytest.fixture
def refused() -> Callable[..., None]:
    """Return a refusal of that status in the body, and that code; over HTTP a 400 unless said otherwise."""

    def check(answer: httpx.Response, status: int, code: str, *, http: int = 400) -> None:
        assert answer.status_code == http, answer.text
        body = answer.json()
        assert (body["statusCode"], body["code"]) == (str(status), code), body
        assert set(body) == {"statusCode", "error", "message", "code"}

    return check


@pytest.fixture
async def bucket(served: Ask) -> str:
    """Private, of this test alone; only the service reaches it."""
    name = f"test-{uuid.uuid4().hex}"
    await served("POST", "bucket", json={"name": name})
    return name


@pytest.fixture
async def public_bucket(served: Ask) -> str:
    name = f"public-{uuid.uuid4().hex}"
    await served("POST", "bucket", json={"name": name, "public": True})
    return name


@pytest.fixture
def own_bucket(bucket: str, tenants: Tenants) -> Iterator[str]:
    """Yield a bucket in which each person owns the folder of their own id, by a policy as a project would write it."""
    name = f"own folder in {bucket}"
    with tenants.database() as database:
        database.execute(
            f"""
            CREATE POLICY "{name}" ON storage.objects FOR ALL TO authenticated
            USING (bucket_id = '{bucket}' AND (storage.foldername(name))[1] = (SELECT auth.uid()::text))
            WITH CHECK (bucket_id = '{bucket}' AND (storage.foldername(name))[1] = (SELECT auth.uid()::text))
            """
        )
        yield bucket
        database.execute(f'DROP POLICY "{name}" ON storage.objects')


@pytest.fixture
def person(tenants: Tenants) -> Caller:
    """Return somebody who belongs to no organization."""
    return tenants.person(None)


@pytest.fixture
def path(org: Org) -> Callable[[str], str]:
    """Return a path in the labels of the tenant."""
    return lambda name: f"labels/{org.id}/{name}"
