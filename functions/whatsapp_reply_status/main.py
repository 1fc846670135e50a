"""POST /functions/v1/whatsapp-reply-status: tell how far a message that was sent from here has come.

`delivery` is its way, `status` the channel's last word; a queued one says in `not_before` until when it waits, a failed
one in `error` why.
"""

from shared.domain.messaging.delivery import asked
from shared.domain.messaging.delivery.asked import StatusAsked
from shared.domain.messaging.delivery.models import SentMessage
from shared.edge import Call, endpoint
from shared.kernel.errors import NotFound


@endpoint(StatusAsked, tag="Messages", scope="read", tx="read", refusals=(NotFound,))
async def handler(call: Call, body: StatusAsked) -> SentMessage:
    return await asked.tell_status(call.tx, body, call.principal)
