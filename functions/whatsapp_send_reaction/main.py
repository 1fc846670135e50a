"""POST /functions/v1/whatsapp-send-reaction: react to a message on WhatsApp, or take the reaction back."""

from functools import partial

from shared.domain.messaging.delivery import requests, sending
from shared.domain.messaging.delivery.models import SentMessage
from shared.domain.messaging.delivery.requests import ReactionRequest
from shared.edge import Call, endpoint


@endpoint(ReactionRequest, tag="Messages", scope="write", refusals=requests.REFUSALS)
async def handler(call: Call, body: ReactionRequest) -> SentMessage:
    message = await requests.send_reaction(call.tx, body, call.principal)
    call.after_commit(partial(sending.deliver_now, message.id, request_id=call.request_id))
    return message
