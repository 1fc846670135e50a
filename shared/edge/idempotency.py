"""The end of kept answers; claiming and keeping them is `call.Call.perform`."""

from shared.runtime.db import Tx

from . import queries


async def forget_expired(tx: Tx) -> int:
    """Delete the answers whose day is over, as the service; the number of them."""
    return await queries.delete_expired_idempotency_keys(tx)
