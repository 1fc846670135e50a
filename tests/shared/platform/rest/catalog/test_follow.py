import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from shared.platform.rest.catalog.follow import follow
from shared.platform.rest.catalog.holder import CacheHolder
from shared.platform.rest.catalog.load import load
from shared.platform.rest.schema import Name, SchemaCache
from tests.support.supports import supports


@pytest.fixture
async def followed(library_url, exchange) -> AsyncIterator[tuple[CacheHolder[SchemaCache], asyncio.Event]]:
    """Yield a holder that follows the library, and what is set at each load."""
    loaded = asyncio.Event()

    async def read():
        cache = await load(exchange, ["shelf"])
        loaded.set()
        return cache

    holder = CacheHolder(read)
    task = asyncio.create_task(follow(holder, library_url, channel="library"))
    async with asyncio.timeout(10):
        await loaded.wait()
        loaded.clear()
        yield holder, loaded
    task.cancel()


@supports("Schemas", "changes seen after `NOTIFY pgrst`, or a lost connection")
async def test_a_table_is_known_after_the_notice(followed, library_url):
    holder, loaded = followed
    with psycopg.connect(library_url, autocommit=True) as database:
        database.execute("CREATE TABLE shelf.newcomers (id int)")
        database.execute("NOTIFY library, 'reload schema'")
        await loaded.wait()
        database.execute("DROP TABLE shelf.newcomers")
    assert Name("shelf", "newcomers") in (await holder.current()).tables


async def test_a_lost_connection_is_made_again_and_the_cache_read_again(followed, library_url):
    _, loaded = followed
    with psycopg.connect(library_url, autocommit=True) as database:
        database.execute("NOTIFY library, 'reload config'")
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN \"library\"%'"
        )
    await loaded.wait()
