"""POST /functions/v1/whatsapp-send-template: send an approved template, also outside the 24-hour window.

To a phone number, which begins a conversation if there is none, or in an existing conversation.
"""

from functools import partial

from shared.domain.messaging.delivery import requests, sending
from shared.domain.messaging.delivery.models import SentMessage
from shared.domain.messaging.delivery.requests import TemplateRequest
from shared.edge import Call, endpoint


@endpoint(TemplateRequest, tag="Messages", scope="write", refusals=requests.TEMPLATE_REFUSALS)
async def handler(call: Call, body: TemplateRequest) -> SentMessage:
    message = await requests.send_template(call.tx, body, call.principal)
    call.after_commit(partial(sending.deliver_now, message.id, request_id=call.request_id))
    return message
