"""POST /functions/v1/flush-usage: copy the day's API call counts from the shared store to Postgres, every minute."""

import msgspec

from shared.edge import Call, cron
from shared.quotas import service


class Flushed(msgspec.Struct, frozen=True):
    organizations: int


@cron(every_s=60)
async def handler(call: Call) -> Flushed:
    return Flushed(organizations=await service.flush_daily_calls(call.tx))
