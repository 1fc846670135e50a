"""A file on its way to Meta: whole there, and never whole in memory here."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.providers.meta.client import GraphClient
from shared.providers.meta.faults import FaultKind, ProviderFault
from shared.providers.meta.uploads import Form, UploadFile
from shared.runtime import http

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("graph")]
PIECE = bytes(262_144)
PIECES = 360
"""90 MB together."""
MOST_AHEAD = 16 * 1_048_576
"""What the sockets of both sides may hold."""
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id":"77"}'


class Slow:
    """A server that reads one body, and the file that is sent to it: who is how far."""

    client: GraphClient

    def __init__(self) -> None:
        self.given = self.received = self.most_ahead = 0
        self.declared = 0
        self.ended = asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        for _ in range(PIECES):
            self.given += len(PIECE)
            self.most_ahead = max(self.most_ahead, self.given - self.received)
            yield PIECE

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            self.declared = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            while self.received < self.declared and (piece := await reader.read(65_536)):
                self.received += len(piece)
            writer.write(ANSWER)
        except ConnectionError:
            pass
        finally:
            writer.close()
            self.ended.set()


@pytest.fixture
async def slow():
    meta = Slow()
    server = await asyncio.start_server(meta.answer, "127.0.0.1", 0)
    meta.client = GraphClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "v26.0", "token")
    yield meta
    await http.close()
    await meta.ended.wait()
    server.close()


async def test_a_large_file_is_never_in_memory_whole(slow):
    file = UploadFile(slow.pieces(), PIECES * len(PIECE), "video/mp4", "a.mp4")
    assert await slow.client.upload("1", file) == "77"
    assert slow.given == PIECES * len(PIECE)
    assert slow.received == slow.declared > slow.given
    assert slow.most_ahead < MOST_AHEAD


@pytest.mark.parametrize("off", [-1, 1])
async def test_a_file_of_another_length_than_its_row_says_is_no_upload(slow, off):
    file = UploadFile(slow.pieces(), PIECES * len(PIECE) + off, "video/mp4", "a.mp4")
    with pytest.raises(ProviderFault) as refused:
        await slow.client.upload("1", file)
    assert refused.value.kind is FaultKind.CONTENT


async def test_a_form_escapes_what_would_end_a_name():
    async def pieces():
        yield b"x"

    form = Form({"type": "image/png"}, UploadFile(pieces(), 1, "image/png", 'a"\r\nX: y.png'))
    body = b"".join([piece async for piece in form.body()])
    assert b'filename="a%22%0D%0AX: y.png"' in body
    assert form.headers["Content-Length"] == str(len(body))
