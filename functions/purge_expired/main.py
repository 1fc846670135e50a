"""POST /functions/v1/purge-expired: forget, every hour, what is past its time.

Kept answers after a day, attempts after 30 days, webhook bodies after eight; those that nobody could be given after 30.
"""

import msgspec

from shared.auth import agents
from shared.domain.messaging.inbox import service as inbox
from shared.edge import Call, cron, idempotency


class Purged(msgspec.Struct, frozen=True):
    idempotency_keys: int
    access_attempts: int
    webhook_bodies: int


@cron(every_s=3600)
async def handler(call: Call) -> Purged:
    return Purged(
        idempotency_keys=await idempotency.forget_expired(call.tx),
        access_attempts=await agents.forget_old_attempts(call.tx),
        webhook_bodies=await inbox.forget_old(call.tx),
    )
