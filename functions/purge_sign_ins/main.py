"""POST /functions/v1/purge-sign-ins: forget mailed codes, begun sign-ins and sent mails after their day, every hour."""

from shared.edge import Call, cron
from shared.platform.accounts import retention
from shared.platform.accounts.retention import Forgotten


@cron(every_s=3600)
async def handler(call: Call) -> Forgotten:
    return await retention.forget_old(request_id=call.request_id)
