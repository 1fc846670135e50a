"""All SQL of this room: work that waits for a worker."""

from typing import Any

import msgspec

from .db import Tx


def enqueue(tx: Tx, *, topic: str, payload: dict[str, Any]) -> None:
    """In the caller's organization and transaction; goes out with the next statement or the commit."""
    sql = "SELECT app.enqueue(%(topic)s, %(payload)s::jsonb)"
    tx.defer(sql, topic=topic, payload=msgspec.json.encode(payload).decode())
