"""POST /functions/v1/whatsapp-reply-status: tell how far a message that was sent from here has come.

`delivery` is its way, `status` the channel's last word; a queued one says in `not_before` until when it waits, a failed
one in `error` why.
"""

from shared.domain.messaging.delivery import requests
from shared.domain.messaging.delivery.models import SentMessage
from shared.domain.messaging.delivery.requests import StatusRequest
from shared.edge import Call, endpoint
from shared.kernel.errors import NotFound


@endpoint(StatusRequest, tag="Messages", scope="read", tx="read", refusals=(NotFound,))
async def handler(call: Call, body: StatusRequest) -> SentMessage:
    return await requests.get_status(call.tx, body, call.principal)
