"""The interface as an application of its own, over HTTP."""

from contextlib import asynccontextmanager

import httpx
import pytest

from shared.platform.rest.asgi import Application
from shared.platform.rest.errors import no_anonymous
from tests.support.supports import supports

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(archive):
    async def host_of(incoming):
        if dict(incoming.headers).get("authorization") == "nobody":
            raise no_anonymous()
        return archive

    application = Application(host_of, allowed_origins=frozenset({"https://shop.example"}), most_bytes=1000)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://films") as opened:
        yield opened


async def test_answers_and_refusals_over_http(client):
    found = await client.get("/films", params={"select": "id", "order": "id", "title": "eq.Persona"})
    assert (found.json(), found.headers["content-range"]) == ([{"id": 3}], "0-0/*")
    assert (await client.patch("/actors?id=eq.1", json={"name": "عمر"})).status_code == 204
    refused = await client.get("/films", headers={"Authorization": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (401, "PGRST302")
    assert (await client.post("/actors", content=b"x" * 1001)).status_code == 413


@supports("Callers", "CORS, with preflight (`SERVER_CORS_ALLOWED_ORIGINS`)")
async def test_origins_that_may_read_answers(client):
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "x-color",
    }
    preflight = await client.options("/films", headers=asked)
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    assert preflight.headers["access-control-allow-headers"].endswith(", x-color")
    assert (
        "content-range" in (await client.get("/films", headers=asked)).headers["access-control-expose-headers"].lower()
    )
    stranger = await client.get("/films", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in stranger.headers


async def test_the_services_below_are_open_while_it_is_served(archive):
    steps = []

    @asynccontextmanager
    async def running():
        steps.append("opened")
        yield
        steps.append("closed")

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        steps.append(message["type"])

    await Application(lambda _: archive, running=running)({"type": "lifespan"}, receive, send)
    assert steps == ["opened", "lifespan.startup.complete", "closed", "lifespan.shutdown.complete"]
