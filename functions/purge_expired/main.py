"""POST /functions/v1/purge-expired: delete, every hour, all expired rows.

docs/data-lifetime.md lists each table and its retention time.
"""

from functools import partial

import msgspec

from shared.auth import agents
from shared.domain.media import queries as media
from shared.domain.messaging.delivery import queries as deliveries
from shared.domain.messaging.inbox import queries as inbox
from shared.edge import Call, cron, idempotency
from shared.quotas import queries as quotas
from shared.runtime import queries as runtime
from shared.runtime.purging import purge
from shared.tenancy import queries as tenancy
from shared.tenancy.transactions import service_tx

_FOR_S = 45.0
_DELETES = {
    "idempotency_keys": idempotency.forget_expired,
    "access_attempts": agents.forget_old_attempts,
    "webhook_bodies": inbox.delete_old_bodies,
    "outbox": runtime.delete_old_outbox,
    "set_aside": runtime.delete_old_set_aside,
    "message_events": inbox.delete_old_message_events,
    "channel_events": inbox.delete_old_channel_events,
    "deliveries": deliveries.delete_old_deliveries,
    "files": media.delete_never_shown,
    "usage_days": quotas.delete_old_counters,
    "audit_events": tenancy.delete_old_audit,
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
