"""POST /functions/v1/process-inbox: turn waiting webhooks into conversations, every second."""

from shared.domain.messaging.inbox import service
from shared.domain.messaging.inbox.models import Processed
from shared.edge import Call, cron

_FOR_S = 40.0


@cron(every_s=1)
async def handler(call: Call) -> Processed:
    return await service.process(request_id=call.request_id, for_s=_FOR_S)
