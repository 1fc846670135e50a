"""POST /functions/v1/purge-expired: delete, every hour, all expired rows.

docs/data-lifetime.md lists each table and its retention time.
"""

from functools import partial

import msgspec

from shared.auth import retention as auth
from shared.domain.media import retention as media
from shared.domain.messaging.delivery import retention as deliveries
from shared.domain.messaging.inbox import retention as inbox
from shared.edge import Call, cron, idempotency
from shared.quotas import retention as quotas
from shared.runtime import retention as runtime
from shared.runtime.retention import purge
from shared.tenancy import retention as tenancy
from shared.tenancy.transactions import service_tx

_FOR_S = 45.0
_DELETES = {
    "idempotency_keys": idempotency.forget_expired,
    **auth.DELETES,
    **inbox.DELETES,
    **runtime.DELETES,
    **deliveries.DELETES,
    **media.DELETES,
    **quotas.DELETES,
    **tenancy.DELETES,
}


class Purged(msgspec.Struct, frozen=True):
    idempotency_keys: int
    access_attempts: int
    webhook_bodies: int
    outbox: int
    set_aside: int
    message_events: int
    channel_events: int
    deliveries: int
    files: int
    usage_days: int
    audit_events: int


@cron(every_s=3600)
async def handler(call: Call) -> Purged:
    return Purged(**await purge(_DELETES, partial(service_tx, request_id=call.request_id), for_s=_FOR_S))
