"""All SQL of this room: idempotency keys, reached through functions that know the caller."""

from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import Tx


def claim_idempotency_key(*, operation: str, key: str, request_hash: str) -> Statement:
    """Sent before the work, which is refused where the key is not the caller's to claim."""
    sql = "SELECT app.claim_once(%(operation)s, %(key)s, %(request_hash)s)"
    return Statement(sql, {"operation": operation, "key": key, "request_hash": request_hash})


def keep_idempotent_answer(*, operation: str, key: str, request_hash: str, status: int, response: bytes) -> Statement:
    """Goes out with the commit."""
    sql = """
        SELECT app.keep_idempotent_answer(
          %(operation)s, %(key)s, %(request_hash)s, %(status)s::smallint, %(response)s::bytea
        )
    """
    of = {"operation": operation, "key": key, "request_hash": request_hash}
    return Statement(sql, {**of, "status": status, "response": response})


async def delete_expired_idempotency_keys(tx: Tx) -> int:
    """As the service only; bounded, so that a backlog never holds a statement past its time."""
    sql = """
        DELETE FROM idempotency_keys
        WHERE ctid IN (
          SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT 10000
        )
    """
    return await tx.run(sql)
