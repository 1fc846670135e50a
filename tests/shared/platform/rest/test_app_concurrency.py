"""Many callers over few connections: each request is its own caller's, whatever the one before it did."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import msgspec
import pytest

from shared.platform.rest.app import answer
from shared.platform.rest.caller import Caller
from shared.platform.rest.request import Incoming
from shared.runtime.postgres.connection import Connection

pytestmark = pytest.mark.anyio
CALLERS, CONNECTIONS = 60, 3
TAKEN = Incoming("POST", "/jottings", "", (("prefer", "tx=commit"),), b'{"id": 1, "text": "taken"}')
UNDONE = Incoming("PATCH", "/drawers", "", (("prefer", "tx=rollback"),), b'{"content": "undone"}')


async def test_concurrent_callers_see_only_their_own_rows(archive, films_url):
    async with AsyncExitStack() as stack:
        idle: asyncio.Queue[Connection] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            idle.put_nowait(await stack.enter_async_context(await Connection.connect(films_url, autocommit=True)))

        @asynccontextmanager
        async def lent():
            connection = await idle.get()
            try:
                yield connection
            finally:
                idle.put_nowait(connection)

        async def call(number: int) -> None:
            name = ("ann", "bob")[number % 2]
            host = replace(archive, caller=Caller("film_editor", f'{{"name": "{name}"}}'))
            host.connection = lent
            assert (await answer(TAKEN if number % 3 else UNDONE, host)).status == (409 if number % 3 else 204)
            rows = await answer(Incoming("GET", "/drawers", "select=owner,content", (("prefer", "count=exact"),)), host)
            assert msgspec.json.decode(rows.body) == [{"owner": name, "content": {"ann": "pen", "bob": "ink"}[name]}]
            assert dict(rows.headers)["Content-Range"] == "0-0/1"

        await asyncio.gather(*map(call, range(CALLERS)))
