"""A body that does not come ends in a refusal, on every surface, and the connection with it."""

import asyncio
from urllib.parse import urlsplit

import pytest
from msgspec import structs

from shared.edge import body
from shared.runtime.settings import settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def patience(monkeypatch, base_url):
    """Provide `patience(seconds)` for bodies, in this test."""

    def change(seconds):
        changed = structs.replace(settings(), body_timeout_s=seconds)
        monkeypatch.setattr(body, "settings", lambda: changed)

    return change


@pytest.fixture
async def send(base_url, org, services, address):
    """`await send(path, pieces)`: all that comes back until the server closes the connection."""
    writers = []

    async def post(path, pieces, *, pause_s=0.0, missing=100):
        parts = urlsplit(base_url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writers.append(writer)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Forwarded-For: {address}\r\n"
            f"Authorization: Bearer {org.owner.token}\r\napikey: {services.secrets.publishable_key}\r\n"
            f"Content-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {sum(map(len, pieces)) + missing}\r\n\r\n"
        )
        writer.write(head.encode())
        answer = asyncio.create_task(reader.read())
        for piece in pieces:
            if answer.done():
                break
            writer.write(piece)
            await asyncio.sleep(pause_s)
        async with asyncio.timeout(30):
            return (await answer).decode()

    yield post
    for writer in writers:
        writer.close()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/functions/v1/agent-auth", '"error":"request_timeout"'),
        ("/functions/v1/organization-create", '"error":"request_timeout"'),
        ("/functions/v1/mcp-server", "request_timeout"),
        ("/functions/v1/media-upload?kind=document", '"error":"request_timeout"'),
        ("/rest/v1/customers", '\\"error\\":\\"request_timeout\\"'),
        ("/auth/v1/token?grant_type=password", "request_timeout"),
        ("/storage/v1/bucket", '"code":"RequestTimeout"'),
    ],
)
async def test_408_and_the_end_of_the_connection_for_half_a_body(send, patience, path, told):
    patience(0.1)
    answer = await send(path, [b'{"a":'])
    assert answer.startswith("HTTP/1.1 408"), answer
    assert told in answer
    assert "\r\nconnection: close\r\n" in answer.lower()


async def test_408_for_a_file_whose_upload_stops(send, patience, org):
    patience(0.1)
    answer = await send(f"/storage/v1/object/exports/{org.id}/a", [b"x" * 2000])
    assert answer.startswith("HTTP/1.1 408"), answer
    assert '"code":"RequestTimeout"' in answer


async def test_408_for_a_body_that_comes_in_drops(send, patience):
    patience(0.2)
    answer = await send("/functions/v1/agent-auth", [b"x"] * 10_000, pause_s=0.01)
    assert answer.startswith("HTTP/1.1 408"), answer


async def test_a_file_that_comes_at_some_pace_is_waited_for_beyond_the_first_time(send, patience):
    patience(0.5)
    pieces = [b"x" * 65_536] * 10
    answer = await send("/functions/v1/media-upload?kind=document", pieces, pause_s=0.1, missing=0)
    assert answer.startswith("HTTP/1.1 201"), answer
