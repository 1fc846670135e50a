"""POST /functions/v1/fetch-media: download files of customers, erase those they deleted, every 2 seconds."""

from shared.domain.channels import downloads
from shared.domain.channels.downloads import MediaWork
from shared.edge import Call, cron

_FOR_S = 45.0


@cron(every_s=2)
async def handler(call: Call) -> MediaWork:
    return await downloads.work_off(request_id=call.request_id, for_s=_FOR_S)
