"""The only room that knows HTTP: it turns requests into calls of handlers, and answers or refusals into responses.

Owns idempotency_keys. Calls auth, quotas, tenancy and runtime.

Routines in infra/schema/routines/edge: claim_idempotency_key, claim_once, keep_idempotent_answer.
"""

from .alias import alias
from .call import Call
from .endpoint import cron, endpoint, surface, webhook
from .spec import AGENTS, ANYONE, MEMBERS, PEOPLE, SERVICE_ONLY

__all__ = [
    "AGENTS",
    "ANYONE",
    "MEMBERS",
    "PEOPLE",
    "SERVICE_ONLY",
    "Call",
    "alias",
    "cron",
    "endpoint",
    "surface",
    "webhook",
]
