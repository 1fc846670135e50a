"""All SQL of this room: work that waits for a worker."""

from typing import Any
from uuid import UUID

import msgspec

from .db import Tx


def enqueue_for(tx: Tx, *, organization_id: UUID, topic: str, payload: dict[str, Any]) -> None:
    """In a transaction of the service, which names the organization; goes out with the next statement or the commit."""
    sql = """
        INSERT INTO outbox (organization_id, topic, payload, request_id)
        VALUES (%(organization_id)s, %(topic)s, %(payload)s::jsonb, app.request_id())
    """
    tx.defer(sql, organization_id=organization_id, topic=topic, payload=msgspec.json.encode(payload).decode())
