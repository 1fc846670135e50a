"""How a transaction that somebody else sends becomes its caller's."""

import msgspec

from shared.runtime.postgres.statement import Statement

from .principal import Principal
from .transactions import ENTER


def entering(principal: Principal, *, request_id: str, scope: str | None, calls_today: int | None = None) -> Statement:
    """Its first statement: the role, the claims and the admission of `tenant_tx`, which refuses the same callers."""
    return Statement(
        ENTER,
        {
            "role": principal.role,
            "claims": principal.claims,
            "headers": msgspec.json.encode({"x-request-id": request_id}).decode(),
            "scope": scope,
            "calls_today": calls_today,
        },
    )
