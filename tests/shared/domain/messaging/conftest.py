"""A tenant with a WhatsApp number and a conversation, and the files of a Meta that answers what a test says."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from shared.providers.meta import client as graph_client
from shared.runtime import http
from shared.runtime.secrets import seal
from shared.runtime.settings import settings
from tests.conftest import Org

TOKEN = "EAAG-token-of-the-number"


@dataclass
class Line:
    """A connected number of the tenant's, with one conversation."""

    org: Org
    db: psycopg.Connection[Any]
    channel: uuid.UUID
    chat: uuid.UUID

    def message(self) -> uuid.UUID:
        """Return a customer's message, as the service keeps one."""
        message = uuid.uuid4()
        self.db.execute(
            "INSERT INTO messages (id, organization_id, chat_id, direction, message_type) VALUES (%s, %s, %s, %s, %s)",
            (message, self.org.id, self.chat, "inbound", "image"),
        )
        return message

    def media(self, message: uuid.UUID) -> list[dict[str, Any]]:
        """Return the message's files as they stand, in their order."""
        rows = self.db.execute(
            "SELECT to_jsonb(media) FROM message_media AS attached JOIN media ON media.id = attached.media_id"
            " WHERE attached.message_id = %s ORDER BY attached.position",
            (message,),
        )
        return [row[0] for row in rows.fetchall()]

    def due(self) -> None:
        """Let everything that waits for a later try be due now."""
        self.db.execute("UPDATE media_tasks SET available_at = now() WHERE organization_id = %s", (self.org.id,))


@dataclass
class Files:
    """Meta's side: `put` makes a file known by an id; `answers` replaces what a path is answered with."""

    url: str = ""
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, file_id: str, content: bytes, *, mime_type: str = "image/jpeg") -> str:
        """Return the file's checksum in hexadecimal."""
        sha256 = hashlib.sha256(content).hexdigest()
        place = {"id": file_id, "url": f"{self.url}/files/{file_id}", "mime_type": mime_type, "sha256": sha256}
        self.answers[f"/v26.0/{file_id}"] = answer(200, json.dumps(place).encode(), "application/json")
        self.answers[f"/files/{file_id}"] = answer(200, content, mime_type)
        return sha256

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(request)
        missing = {"error": {"code": 100, "message": "Object does not exist", "error_subcode": 33}}
        unknown = answer(400, json.dumps(missing).encode(), "application/json")
        writer.write(self.answers.get(request.split()[1], unknown))
        await writer.drain()
        writer.close()


def answer(status: int, content: bytes, content_type: str) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content


@pytest.fixture
async def files(base_url, monkeypatch) -> AsyncIterator[Files]:
    meta = Files()
    server = await asyncio.start_server(meta.serve, "127.0.0.1", 0)
    async with server:
        meta.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        chosen = replace(settings(), graph_url=meta.url, graph_timeout_s=2.0)
        monkeypatch.setattr(graph_client, "settings", lambda: chosen)
        yield meta
        await http.close()


@pytest.fixture
async def line(tenants) -> AsyncIterator[Callable[[], Any]]:
    """`await line()`: a new tenant with a number."""
    with tenants.database() as database:

        async def make(org: Org | None = None) -> Line:
            owner = org or tenants.org()
            made = Line(owner, database, uuid.uuid4(), uuid.uuid4())
            database.execute(
                "INSERT INTO channel_accounts (id, organization_id, platform, external_id, token_sealed)"
                " VALUES (%s, %s, 'whatsapp', %s, %s)",
                (made.channel, owner.id, uuid.uuid4().hex, await seal(owner.id, TOKEN.encode())),
            )
            database.execute(
                "INSERT INTO chats (id, organization_id, platform, platform_chat_id, channel_id)"
                " VALUES (%s, %s, 'whatsapp', %s, %s)",
                (made.chat, owner.id, uuid.uuid4().hex, made.channel),
            )
            return made

        yield make
