"""Transactions of this surface: as the caller, whom the policies narrow, or as the service behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.runtime.postgres.transaction import Tx
from shared.tenancy.transactions import tenant_tx

from .models import Caller


class _RehearsedError(Exception):
    """Ends a rehearsal, so that nothing of it stays."""


@asynccontextmanager
async def caller_tx(caller: Caller, *, read_only: bool = False) -> AsyncIterator[Tx]:
    """As the caller. Who belongs to an organization must still do so, and within the day's calls.

    What may be done is for the policies to say: a bucket of the project's own may know other rights than scopes.
    """
    scope = "read" if caller.principal.organization_id else None
    async with tenant_tx(
        caller.principal,
        request_id=caller.request_id,
        scope=scope,
        calls_today=caller.calls_today,
        read_only=read_only,
    ) as tx:
        yield tx


@asynccontextmanager
async def rehearsal_tx(caller: Caller) -> AsyncIterator[Tx]:
    """As `caller_tx`, of which nothing stays: whether the caller may, before the bytes have come."""
    try:
        async with caller_tx(caller) as tx:
            yield tx
            raise _RehearsedError  # noqa: TRY301  (leaving the transaction by an exception is what rolls it back)
    except _RehearsedError:
        return
