"""Reloading of the schema cache in processes that live long."""

import asyncio

from shared.kernel.errors import Unavailable
from shared.platform.rest.schema import SchemaCache
from shared.runtime.postgres.connection import DatabaseError
from shared.runtime.postgres.notices import notices

from .holder import CacheHolder

CHANNEL = "pgrst"
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0


async def follow(holder: CacheHolder[SchemaCache], database_url: str, *, channel: str = CHANNEL) -> None:
    """Reload at each `NOTIFY pgrst`, and after a lost connection, which may have missed one; run until cancelled.

    The payload `reload config` changes nothing here; every other payload reloads.
    """
    wait_s = _SHORTEST_WAIT_S
    while True:
        try:
            async for payload in notices(database_url, channel):
                if payload != "reload config":
                    await holder.reload()
                wait_s = _SHORTEST_WAIT_S
        except (Unavailable, DatabaseError):
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
