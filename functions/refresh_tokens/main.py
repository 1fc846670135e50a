"""POST /functions/v1/refresh-tokens: renew tokens of Instagram Login well before their 60 days end, every hour.

The organization is notified once of a token that Meta does not renew, and of one of another kind that is about to
expire.
"""

from shared.domain.channels.tokens.models import Refreshed
from shared.domain.channels.tokens.renewal import refresh
from shared.edge import Call, cron

_FOR_S = 40.0


@cron(every_s=3600)
async def handler(call: Call) -> Refreshed:
    return await refresh(request_id=call.request_id, for_s=_FOR_S)
