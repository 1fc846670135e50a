"""A limit: an ASGI callable that runs the same SQL and encodes the rows, and does nothing else.

No token, limit, quota or row level security. It uses the driver of Nexus, so that the difference is the cost of the
guards and not of a driver, and it writes the size of a page into the statement as Nexus does, which saves planning at
every call.
"""

from typing import Any
from urllib.parse import parse_qs

import msgspec
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from . import queries, settings

PAGE = "25"


def page(sql: str) -> str:
    return queries.pyformat(sql.replace(":limit", PAGE))


STATEMENTS = {
    "/contacts": page(queries.LIST_CONTACTS),
    "/contact": queries.pyformat(queries.GET_CONTACT),
    "/keys": page(queries.LIST_KEYS),
    "/companies": page(queries.LIST_COMPANIES),
    "/orders": page(queries.LIST_PLACED),
}
INSERT = queries.pyformat(queries.INSERT_CONTACT)
_UNSAID = {"email": None, "phone": None}
ENCODE = msgspec.json.Encoder(decimal_format="number").encode
HEADERS = [(b"content-type", b"application/json")]
pool = AsyncConnectionPool(
    settings.database_url(),
    min_size=settings.POOL_SIZE,
    max_size=settings.POOL_SIZE,
    open=False,
    kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 2},
)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    values = {name: texts[0] for name, texts in parse_qs(scope["query_string"].decode()).items()}
    statement = STATEMENTS[scope["path"]]
    if scope["method"] == "POST":
        statement, values = INSERT, {**_UNSAID, **values, **msgspec.json.decode((await receive())["body"])}
    async with pool.connection() as connection:
        rows = await (await connection.execute(statement, values)).fetchall()
    body = ENCODE({"data": rows})
    length = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS + length})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await pool.open()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            await pool.close()
            return
