"""The resealing of tokens with the present key, so that an old key can be removed; it can be repeated at any time."""

import time
from typing import TYPE_CHECKING

from shared.runtime.log import log
from shared.runtime.secrets import UnreadableSecretError, resealed, sealing_mark
from shared.tenancy.transactions import service_tx

from . import queries
from .models import Resealed, SealedToken

if TYPE_CHECKING:
    from uuid import UUID

BATCH = 50


async def reseal(*, request_id: str, for_s: float) -> Resealed:
    """Seal tokens with the present key one by one, until all are sealed or the time is over.

    A token that no key opens stays as it is.

    Raises:
        SealingNotConfigured: there is no key to seal with.
        Unavailable: the key service does not answer.
    """
    until = time.monotonic() + for_s
    done = unreadable = 0
    after: UUID | None = None
    while time.monotonic() < until:
        async with service_tx(request_id=request_id, read_only=True) as tx:
            batch = await queries.list_sealed_otherwise(tx, mark=sealing_mark(), after=after, limit=BATCH)
        if not batch:
            break
        after = batch[-1].channel_id
        for token in batch:
            try:
                done += await _reseal(token, request_id)
            except (UnreadableSecretError, LookupError, TypeError, ValueError) as fault:
                log().warning("token_not_resealed", channel_id=str(token.channel_id), fault=str(fault))
                unreadable += 1
    async with service_tx(request_id=request_id, read_only=True) as tx:
        remaining = await queries.count_sealed_otherwise(tx, mark=sealing_mark())
    return Resealed(done, remaining, unreadable)


async def _reseal(token: SealedToken, request_id: str) -> bool:
    """Call the key service between two transactions; a token that was renewed meanwhile stays."""
    new_sealed = await resealed(token.organization_id, token.token_sealed)
    if new_sealed is None:
        return False
    async with service_tx(request_id=request_id) as tx:
        return await queries.update_token(tx, token=token, token_sealed=new_sealed)
