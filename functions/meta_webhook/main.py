"""POST /functions/v1/meta-webhook: receive what WhatsApp, Messenger and Instagram tell us.

A GET with the verify token is answered with the challenge. A signed body is kept before it is answered, and read later;
what it says is not looked at here, so nothing in it is ever refused.
"""

from shared.domain.messaging.inbox import writer
from shared.domain.messaging.inbox.models import NewBody
from shared.edge import Call, webhook
from shared.edge.webhooks import META


@webhook(META, tag="Integrations")
async def handler(call: Call, raw: bytes, signed_with: int) -> None:
    await writer.keep(NewBody(writer.META, raw, signed_with, call.request_id))
