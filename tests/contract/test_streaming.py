"""Files pass through in pieces, whichever way they go: counted in what the blob store and the socket are given."""

import asyncio
from urllib.parse import urlsplit

import pytest

from infra.local.gateway import app
from shared.runtime.blobs import DirectoryBlobs
from shared.runtime.postgres import leases
from shared.runtime.store import client

pytestmark = pytest.mark.anyio
MOST_PIECE = 262_144
CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(5_000_000)
ENDLESS = 1_000


@pytest.fixture
def reads(monkeypatch):
    """Return how much the blob store took at once of each file that was put."""
    sizes = []

    class Recording:
        def __init__(self, file):
            self.seek = file.seek
            self._file = file

        def read(self, size=-1):
            piece = self._file.read(size)
            sizes.append(len(piece))
            return piece

    put = DirectoryBlobs.put

    async def recorded(self, key, file, *, content_type):
        await put(self, key, Recording(file), content_type=content_type)  # type: ignore[arg-type]

    monkeypatch.setattr(DirectoryBlobs, "put", recorded)
    return sizes


@pytest.fixture
def upload(call, org):
    async def send(content):
        headers = {"Content-Type": "image/png"}
        return await call("media-upload", as_=org.owner, params={"kind": "image"}, content=content, headers=headers)

    return send


@pytest.fixture
async def ask(base_url):
    """`await ask(method, path, headers, pieces)`: status, sizes of the body's pieces, how many pieces were taken."""
    yield _ask
    await leases.close()
    await client.close()


async def _ask(method, url, headers=None, pieces=()):
    parts, status, sizes, taken = urlsplit(url), 0, [], 0
    coming = iter((*pieces, None))

    async def receive():
        nonlocal taken
        try:
            piece = next(coming)
        except StopIteration:
            return await asyncio.Event().wait()
        taken += piece is not None
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message):
        nonlocal status
        status = message.get("status", status)
        sizes.append(len(message.get("body", b"")))

    scope = {
        "type": "http", "method": method, "path": parts.path, "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    return status, sizes, taken


async def test_an_upload_reaches_the_blob_store_in_pieces(upload, reads):
    assert (await upload(CONTENT)).status_code == 201
    assert sum(reads) == len(CONTENT)
    assert max(reads) <= MOST_PIECE


async def test_a_link_sends_a_file_in_pieces(upload, ask):
    link = (await upload(CONTENT)).json()["url"]
    status, sizes, _ = await ask("GET", link)
    assert (status, sum(sizes)) == (200, len(CONTENT))
    assert max(sizes) <= MOST_PIECE


@pytest.mark.parametrize("content_type", ["image/png", "multipart/form-data; boundary=x"])
async def test_an_upload_that_does_not_end_is_cut_at_the_limit(ask, services, org, monkeypatch, content_type):
    headers = {**org.owner.headers, "Content-Type": content_type, "x-upsert": "true"}
    piece = bytes(MOST_PIECE)
    first = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: image/png\r\n\r\n'
    pieces = [first if "multipart" in content_type else piece, *[piece] * ENDLESS]
    status, _, taken = await ask("POST", f"/storage/v1/object/labels/{org.id}/a.png", headers, pieces)
    assert status == 400
    assert taken <= 10 * 1_048_576 // MOST_PIECE + 10
