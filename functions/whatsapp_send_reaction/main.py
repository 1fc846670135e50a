"""POST /functions/v1/whatsapp-send-reaction: react to a message on WhatsApp, or take the reaction back."""

from functools import partial

from shared.domain.messaging.delivery import asked, sending
from shared.domain.messaging.delivery.asked import ReactionAsked
from shared.domain.messaging.delivery.models import SentMessage
from shared.edge import Call, endpoint


@endpoint(ReactionAsked, tag="Messages", scope="write", refusals=asked.REFUSALS)
async def handler(call: Call, body: ReactionAsked) -> SentMessage:
    message = await asked.send_reaction(call.tx, body, call.principal)
    call.after_commit(partial(sending.deliver_now, message.id, request_id=call.request_id))
    return message
