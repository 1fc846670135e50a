"""The erasure of bytes that no row names: replaced or deleted versions, and those that a crash left."""

import asyncio

from shared.kernel.errors import Unavailable
from shared.runtime import set_aside
from shared.runtime.blobs import blobs
from shared.tenancy.transactions import service_statements, service_tx

from . import queries
from .blobs import blob_key
from .errors import NoSuchKey
from .queries import DueBlob

_AT_ONCE = 50
_LEASE_S = 300
_FIRST_DELAY_S, _MOST_DELAY_S = 5.0, 3600.0


async def erase_due(*, request_id: str, most: int) -> int:
    """Erase up to `most` due versions; return the number of erased ones. Failures are retried after growing pauses."""
    erased = tried = 0
    while tried < most:
        async with service_tx(request_id=request_id) as tx:
            due = await queries.claim_blobs_to_erase(tx, limit=_AT_ONCE, lease_s=_LEASE_S)
        tried += len(due)
        faults = await asyncio.gather(*(_erase(blob) for blob in due))
        gone = [blob.version for blob, fault in zip(due, faults, strict=True) if fault is None]
        async with service_statements(request_id=request_id) as tx:
            await queries.delete_blobs_to_erase(tx, versions=gone)
        for blob, fault in zip(due, faults, strict=True):
            if fault is not None:
                async with service_statements(request_id=request_id) as tx:
                    await queries.update_blob_later(tx, blob=blob, delay_s=_delay_s(blob), fault=fault)
        erased += len(gone)
        if len(due) < _AT_ONCE:
            break
    return erased


async def _erase(blob: DueBlob) -> str | None:
    """Erase the bytes; return the fault, if any."""
    try:
        fault = await set_aside.attempt(lambda: blobs().delete(blob_key(blob.version)))
    except Unavailable as refusal:
        return f"{refusal.code}: {refusal.message}"
    return None if fault is None or fault.code == NoSuchKey.code else fault.text


def _delay_s(blob: DueBlob) -> float:
    return min(_FIRST_DELAY_S * 2.0 ** min(blob.attempts, 10), _MOST_DELAY_S)
