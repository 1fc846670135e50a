"""POST /functions/v1/deliver-messages: send waiting messages, and settle those of unknown outcome, every second."""

from shared.domain.messaging.delivery import sending
from shared.domain.messaging.delivery.models import Delivered
from shared.edge import Call, cron

_FOR_S = 40.0


@cron(every_s=1)
async def handler(call: Call) -> Delivered:
    return await sending.deliver_due(request_id=call.request_id, for_s=_FOR_S)
