"""POST /functions/v1/whatsapp-reply-status: show how far a message sent from here has got.

`delivery` is our own state, `status` the channel's last report; a queued message has `not_before`, the end of its wait,
a failed one `error`, the reason.
"""

from shared.domain.messaging.delivery import requests
from shared.domain.messaging.delivery.models import SentMessage
from shared.domain.messaging.delivery.requests import StatusRequest
from shared.edge import Call, endpoint
from shared.kernel.errors import NotFound


@endpoint(StatusRequest, tag="Messages", scope="read", tx="read", refusals=(NotFound,))
async def handler(call: Call, body: StatusRequest) -> SentMessage:
    return await requests.get_status(call.tx, body, call.principal)
