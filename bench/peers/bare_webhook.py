"""A limit: an ASGI callable that checks the signature of a webhook and stores its body, and does nothing else."""

import hashlib
import hmac
import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

from . import queries, settings

SECRET = os.environ["BENCH_APP_SECRET"].encode()
pool = AsyncConnectionPool(
    settings.database_url(),
    min_size=settings.POOL_SIZE,
    max_size=settings.POOL_SIZE,
    open=False,
    kwargs={"autocommit": True, "prepare_threshold": 2},
)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    expected = b"sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    status = 401
    if hmac.compare_digest(expected, dict(scope["headers"]).get(b"x-hub-signature-256", b"")):
        async with pool.connection() as connection:
            await connection.execute(queries.INSERT_WEBHOOK, [body])
        status = 200
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await pool.open()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            await pool.close()
            return
