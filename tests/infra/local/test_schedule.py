"""The local scheduler against a loopback server that fails first."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from infra import functions
from infra.local import schedule


@pytest.fixture
def jobs(monkeypatch):
    """Return two functions, of which one is a job, and one that cannot be imported."""
    declared = {
        "drain_outbox": SimpleNamespace(name="drain-outbox", schedule_s=0.01),
        "agent_auth": SimpleNamespace(name="agent-auth", schedule_s=None),
    }
    monkeypatch.setattr(functions, "names", lambda: frozenset({*declared, "broken"}))
    monkeypatch.setattr(functions, "spec", declared.__getitem__)


async def test_jobs_are_called_with_the_service_key_and_again_after_a_failure(jobs, caplog):
    calls: asyncio.Queue[str] = asyncio.Queue()

    async def answer(reader, writer):
        calls.put_nowait((await reader.readuntil(b"\r\n\r\n")).decode())
        status = "500 Internal Server Error" if calls.qsize() == 1 else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ticking = asyncio.create_task(schedule.tick(f"http://127.0.0.1:{port}", "sb_secret_x"))
        requests = [await asyncio.wait_for(calls.get(), 5) for _ in range(3)]
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
    for request in requests:
        assert request.startswith("POST /functions/v1/drain-outbox HTTP/1.1\r\n")
        assert "authorization: bearer sb_secret_x\r\n" in request.lower()
    assert "functions/broken cannot be imported" in caplog.text
