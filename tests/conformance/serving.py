"""The protocol core behind a bare ASGI server on a free loopback port, without credentials: for test clients only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from msgspec.structs import replace

from shared.kernel.errors import Refusal
from shared.kernel.json import encode
from shared.platform.mcp.methods import Runner, Server
from shared.platform.mcp.protocol import JSON, dispatch
from shared.platform.mcp.transport import Reply


@contextmanager
def served(server: Server, session: Runner) -> Iterator[str]:
    """Yield the endpoint's URL, which answers until the block ends."""
    config = uvicorn.Config(_app(server, session), port=0, lifespan="off", ws="none", log_level="warning")
    listener = uvicorn.Server(config)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    while not listener.started:
        if not thread.is_alive():
            raise RuntimeError("the fixture server did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        listener.should_exit = True
        thread.join(timeout=10)


def _app(server: Server, session: Runner) -> Any:
    local = replace(server, origins={"http://127.0.0.1"})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            reply = await dispatch(local, scope["method"], headers, body, session)
        except Refusal as refusal:
            reply = Reply(refusal.status, encode(refusal.body(session.request_id)), JSON)
        told = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        told.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": told})
        await send({"type": "http.response.body", "body": reply.body})

    return app
