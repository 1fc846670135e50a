"""What other sessions NOTIFY, for processes that live long enough to listen."""

from collections.abc import AsyncIterator

import psycopg
from psycopg import sql

from shared.kernel.errors import Unavailable


async def notices(database_url: str, channel: str) -> AsyncIterator[str]:
    """The payload of each notice, on a connection of its own; first an empty one, when it has begun to listen.

    Raises:
        Unavailable: the connection cannot be made, or is lost; notices may then have been missed.
    """
    try:
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield ""
            async for notice in connection.notifies():
                yield notice.payload
    except psycopg.OperationalError as fault:
        raise Unavailable from fault
