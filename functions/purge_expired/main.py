"""POST /functions/v1/purge-expired: forget kept answers after a day and attempts after 30 days, every hour."""

import msgspec

from shared.auth import agents
from shared.edge import Call, cron, idempotency


class Purged(msgspec.Struct, frozen=True):
    idempotency_keys: int
    access_attempts: int


@cron(every_s=3600)
async def handler(call: Call) -> Purged:
    return Purged(
        idempotency_keys=await idempotency.forget_expired(call.tx),
        access_attempts=await agents.forget_old_attempts(call.tx),
    )
