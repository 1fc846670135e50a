"""POST /functions/v1/fetch-profiles: fetch the names of new people from Messenger and Instagram, every 5 seconds."""

from shared.domain.channels.profiles import service
from shared.domain.channels.profiles.models import Introduced
from shared.edge import Call, cron

_FOR_S = 40.0


@cron(every_s=5)
async def handler(call: Call) -> Introduced:
    return await service.ask_for_names(request_id=call.request_id, for_s=_FOR_S)
