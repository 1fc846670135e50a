"""POST /functions/v1/meta-webhook: receive the webhooks of WhatsApp, Messenger and Instagram.

A GET with the verify token gets the challenge as its answer. A signed body is stored before the answer and read later;
this function does not look inside, so it never refuses the content.
"""

from shared.domain.messaging.inbox import writer
from shared.domain.messaging.inbox.models import NewBody
from shared.edge import Call, webhook
from shared.edge.webhooks import META


@webhook(META, tag="Integrations")
async def handler(call: Call, raw: bytes, signed_with: int) -> None:
    await writer.keep(NewBody(writer.META, raw, signed_with, call.request_id))
