"""Notifications (NOTIFY) of other sessions, for processes that live long enough to listen."""

from collections.abc import AsyncIterator

import psycopg
from psycopg import sql

from shared.kernel.errors import Unavailable


async def notices(database_url: str, channel: str) -> AsyncIterator[str]:
    """Yield the payloads of the notifications, on an own connection; first an empty text, when it listens.

    Raises:
        Unavailable: the connection fails or is lost; notifications may have been missed.
    """
    try:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield ""
            async for notice in connection.notifies():
                yield notice.payload
    except psycopg.OperationalError as fault:
        raise Unavailable from fault
