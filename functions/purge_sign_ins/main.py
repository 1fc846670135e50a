"""POST /functions/v1/purge-sign-ins: delete, every hour, codes and mails after a day, idle sessions after 180 days."""

from shared.edge import Call, cron
from shared.platform.accounts.retention import service as retention
from shared.platform.accounts.retention.service import Forgotten


@cron(every_s=3600)
async def handler(call: Call) -> Forgotten:
    return await retention.forget_old(request_id=call.request_id)
