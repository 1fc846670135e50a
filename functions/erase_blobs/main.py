"""POST /functions/v1/erase-blobs: erase the bytes of replaced and deleted objects of /storage/v1, every 20 seconds.

Bytes whose upload was cut off before its object was written go after a day.
"""

import msgspec

from shared.edge import Call, cron
from shared.platform.storage import erasure

_MOST = 5000


class Erased(msgspec.Struct, frozen=True):
    versions: int


@cron(every_s=20)
async def handler(call: Call) -> Erased:
    return Erased(versions=await erasure.erase_due(request_id=call.request_id, most=_MOST))
