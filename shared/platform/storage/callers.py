"""Transactions of this surface as the caller, whom the policies restrict."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.runtime.postgres.transaction import Tx
from shared.tenancy.transactions import tenant_tx

from .models import Caller


class _RehearsedError(Exception):
    """The end of a rehearsal, which rolls it back."""


@asynccontextmanager
async def caller_tx(caller: Caller, *, read_only: bool = False) -> AsyncIterator[Tx]:
    """Open a transaction as the caller; a caller of an organization must still be a member, within the day's calls.

    The policies decide on all further rights, because a bucket of the project may use other rights than scopes.
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
    """Open a `caller_tx` that is rolled back, to check the caller's rights before the bytes arrive."""
    try:
        async with caller_tx(caller) as tx:
            yield tx
            raise _RehearsedError  # noqa: TRY301  (leaving the transaction by an exception is what rolls it back)
    except _RehearsedError:
        return
