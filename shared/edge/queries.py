"""All SQL of this room: idempotency keys, through functions that know the caller."""

from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import Tx


def claim_idempotency_key(*, operation: str, key: str, request_hash: str) -> Statement:
    """Return the claim, which is sent before the work and refuses it if the key is not free."""
    sql = "SELECT app.claim_once(%(operation)s, %(key)s, %(request_hash)s)"
    return Statement(sql, {"operation": operation, "key": key, "request_hash": request_hash})


def keep_idempotent_answer(*, operation: str, key: str, request_hash: str, status: int, response: bytes) -> Statement:
    """Return the statement that is sent with the commit."""
    sql = """
        SELECT app.keep_idempotent_answer(
          %(operation)s, %(key)s, %(request_hash)s, %(status)s::smallint, %(response)s::bytea
        )
    """
    of = {"operation": operation, "key": key, "request_hash": request_hash}
    return Statement(sql, {**of, "status": status, "response": response})


async def delete_expired_idempotency_keys(tx: Tx) -> int:
    """Delete a bounded number of keys, as the service, so that a backlog never makes the statement too long."""
    sql = """
        DELETE FROM idempotency_keys
        WHERE ctid IN (
          SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT 10000
        )
    """
    return await tx.run(sql)
