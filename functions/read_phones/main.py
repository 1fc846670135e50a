"""POST /functions/v1/read-phones: say of contacts' numbers whether they are valid, every minute.

Tools say it at once; tables over HTTP and channels write numbers that nobody has looked at.
"""

from shared.domain.customers import service
from shared.domain.customers.models import PhonesRead
from shared.edge import Call, cron

MOST = 2000


@cron(every_s=60)
async def handler(call: Call) -> PhonesRead:
    return await service.read_phones(call.tx, most=MOST)
