"""POST /functions/v1/reseal-secrets: seal channels' tokens again after a change of the sealing key, every hour.

The answer says how many were sealed now and how many remain; a second call continues. When none remains, remove the old
key from the settings. `unreadable` counts tokens that no configured key opens: connect these channels again.
"""

from shared.domain.channels.tokens.models import Resealed
from shared.domain.channels.tokens.sealing import reseal
from shared.edge import Call, cron

_FOR_S = 20.0


@cron(every_s=3600)
async def handler(call: Call) -> Resealed:
    return await reseal(request_id=call.request_id, for_s=_FOR_S)
