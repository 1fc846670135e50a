"""The day's API calls after the shared store has lost them: Postgres has the counts of the last flush."""

from uuid import UUID

from shared.kernel.errors import Refusal
from shared.runtime.deadline import database_time
from shared.runtime.store.client import store
from shared.runtime.store.connection import StoreError
from shared.runtime.store.models import Counter
from shared.tenancy.transactions import service_tx

from . import queries

_MOST_MISSED = 10_000
_RECALL_S = 2.0
_missed: set[str] = set()
"""Counters that could not be restored because the database was down: the next call tries again."""


def is_due(key: str, *, is_new: bool) -> bool:
    return is_new or key in _missed


async def recall(counter: Counter, organization_id: UUID | None, count: int) -> int:
    """Restore the day's count of Postgres in the store; return `count` with it."""
    if organization_id is None:
        return count
    try:
        with database_time(_RECALL_S):
            async with service_tx(request_id="recall-daily-calls", read_only=True) as tx:
                kept = await queries.find_daily_calls(
                    tx, organization_id=organization_id, day=counter.key.rpartition(":")[2]
                )
        restored = await store().restore(counter, kept) if kept else 0
    except (Refusal, StoreError, TimeoutError):
        if len(_missed) < _MOST_MISSED:
            _missed.add(counter.key)
        return count
    _missed.discard(counter.key)
    return max(count, restored)
