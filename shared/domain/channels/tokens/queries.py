"""All SQL of the tokens of channels, run as the service: each statement names the organization."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.runtime.postgres.statement import Query
from shared.runtime.postgres.transaction import Tx

from .models import ClaimedToken, EndingToken, SealedToken


class _Count(msgspec.Struct, frozen=True):
    count: int


_LIST_SEALED_OTHERWISE = Query(
    """
    SELECT id AS channel_id, organization_id, token_sealed
    FROM channel_accounts
    WHERE token_sealed IS NOT NULL AND position(%(mark)s IN token_sealed) = 0 AND {after}
    ORDER BY id
    LIMIT {limit}
    """,
    where={"after": "id > %(after)s"},
    limits=["limit"],
)


async def list_sealed_otherwise(tx: Tx, *, mark: bytes, after: UUID | None, limit: int) -> list[SealedToken]:
    """List tokens without the mark of the present key."""
    return await tx.all(SealedToken, _LIST_SEALED_OTHERWISE, mark=mark, after=after, limit=limit)


async def count_sealed_otherwise(tx: Tx, *, mark: bytes) -> int:
    sql = """
        SELECT count(*) AS count
        FROM channel_accounts
        WHERE token_sealed IS NOT NULL AND position(%(mark)s IN token_sealed) = 0
    """
    return (await tx.one(_Count, sql, mark=mark)).count


async def update_token(tx: Tx, *, token: SealedToken, token_sealed: bytes) -> bool:
    """Replace the token, unless it was renewed meanwhile; return whether it was replaced."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = %(new)s
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id}
    return await tx.run(sql, new=token_sealed, old=token.token_sealed, **values) > 0


async def take_due_token(tx: Tx, *, spared: Sequence[UUID]) -> ClaimedToken | None:
    """Take a due token of an organization that is not in `spared`, and hold it for an hour.

    After that, it is tried again if the worker died or the provider did not answer.
    """
    sql = """
        WITH due AS (
            SELECT id
            FROM channel_accounts
            WHERE token_due_at <= now() AND token_sealed IS NOT NULL AND status <> 'disconnected'
                AND organization_id <> ALL(%(spared)s::uuid[])
            ORDER BY token_due_at
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE channel_accounts AS account
            SET token_due_at = now() + interval '1 hour'
            FROM due
            WHERE account.id = due.id
            RETURNING account.id AS channel_id, account.organization_id, account.platform, account.page_id,
                replace(encode(account.token_sealed, 'base64'), chr(10), '') AS token_sealed, account.access_expires_at
        )
        SELECT organization_id, channel_id, to_json(claimed) AS row FROM claimed
    """
    return await tx.find(ClaimedToken, sql, spared=list(spared))


async def update_renewed_token(tx: Tx, *, token: EndingToken, token_sealed: bytes, expires_in: int | None) -> bool:
    """Store the renewed token, due again after half its time and at least a day, unless it was replaced meanwhile."""
    sql = """
        UPDATE channel_accounts
        SET token_sealed = %(new)s, token_failures = 0,
            access_expires_at = now() + make_interval(secs => %(expires_in)s::integer),
            token_due_at = now() + greatest(make_interval(secs => %(expires_in)s::integer / 2.0), interval '1 day')
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    return await tx.run(sql, new=token_sealed, expires_in=expires_in, **values) > 0


async def count_token_failure(tx: Tx, *, token: EndingToken) -> int:
    """Count a failure, with a retry in a day; return the failures in a row, 0 for a replaced token."""
    sql = """
        UPDATE channel_accounts
        SET token_failures = token_failures + 1, token_due_at = now() + interval '1 day'
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
        RETURNING token_failures AS count
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    found = await tx.find(_Count, sql, **values)
    return found.count if found else 0


async def stop_asking(tx: Tx, *, token: EndingToken) -> bool:
    """Stop renewing this token; return False if it was replaced meanwhile."""
    sql = """
        UPDATE channel_accounts
        SET token_due_at = NULL
        WHERE organization_id = %(organization_id)s AND id = %(channel_id)s AND token_sealed = %(old)s
    """
    values = {"organization_id": token.organization_id, "channel_id": token.channel_id, "old": token.token_sealed}
    return await tx.run(sql, **values) > 0
