"""Writes that happen once: the first answer under an idempotency key is the answer, for a day."""

import hashlib
from typing import NamedTuple

from shared.runtime.db import Tx

from . import queries
from .queries import KeptAnswer


class Once(NamedTuple):
    """The caller's key for one request of one operation; `payload` is the request in canonical form."""

    operation: str
    key: str
    payload: bytes

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(self.payload).hexdigest()


async def claim(tx: Tx, once: Once) -> KeptAnswer | None:
    """The answer kept under the key, or None for the first to claim it; the claim ends with the transaction.

    Raises:
        Refusal: idempotency_in_flight while a twin holds the claim, idempotency_key_reused for another payload.
    """
    return await queries.claim_idempotency_key(
        tx, operation=once.operation, key=once.key, request_hash=once.request_hash
    )


def keep(tx: Tx, once: Once, *, status: int, response: bytes) -> None:
    """Keep the answer; it goes out with the commit of the effect it tells of."""
    queries.keep_idempotent_answer(
        tx,
        operation=once.operation,
        key=once.key,
        request_hash=once.request_hash,
        status=status,
        response=response,
    )


async def forget_expired(tx: Tx) -> int:
    """Delete the answers whose day is over, as the service; the number of them."""
    return await queries.delete_expired_idempotency_keys(tx)
