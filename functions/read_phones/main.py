"""POST /functions/v1/read-phones: check whether contacts' numbers are valid, every minute.

Tools check at once; writes to tables over HTTP and channels leave numbers unchecked.
"""

from shared.domain.customers import service
from shared.domain.customers.models import PhonesRead
from shared.edge import Call, cron

MOST = 2000


@cron(every_s=60)
async def handler(call: Call) -> PhonesRead:
    return await service.read_phones(call.tx, most=MOST)
