"""POST /functions/v1/whatsapp-send-message: send a message in a WhatsApp conversation.

The message is stored and counted first, then sent; the answer says how far it got. Accepted does not mean delivered:
the message's status shows the channel's later reports. Outside the 24-hour window the channel takes no free text; the
refusal says what you may send.
"""

from functools import partial

from shared.domain.messaging.delivery import requests, sending
from shared.domain.messaging.delivery.models import SentMessage
from shared.domain.messaging.delivery.requests import MessageRequest
from shared.edge import Call, endpoint


@endpoint(MessageRequest, tag="Messages", scope="write", refusals=requests.REFUSALS)
async def handler(call: Call, body: MessageRequest) -> SentMessage:
    message = await requests.send_message(call.tx, body, call.principal, platform="whatsapp")
    call.after_commit(partial(sending.deliver_now, message.id, request_id=call.request_id))
    return message
