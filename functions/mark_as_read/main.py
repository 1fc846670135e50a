"""POST /functions/v1/mark-as-read: mark a conversation as read, here and for its customer.

`typing` also shows the typing sign, for 25 seconds or until the next message. `unread` marks the conversation as unread
instead; the customer sees nothing of that.
"""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from shared.domain.messaging.delivery import receipts
from shared.domain.messaging.delivery.receipts import MarkedRead
from shared.edge import Call, endpoint
from shared.kernel.errors import NotFound
from shared.kernel.names import CamelCase


class Body(CamelCase):
    model_config = ConfigDict(json_schema_extra={"examples": [{"chatId": "00000000-0000-0000-0000-000000000001"}]})

    chat_id: UUID
    typing: Annotated[StrictBool, Field(description="Show the typing sign.")] = False
    unread: Annotated[StrictBool, Field(description="Mark it as unread here instead; the customer sees nothing.")] = (
        False
    )


@endpoint(Body, tag="Messages", scope="write", refusals=(NotFound,))
async def handler(call: Call, body: Body) -> MarkedRead:
    body.check_organization(call.principal.organization_id)
    if body.unread:
        return await receipts.mark_unread(call.tx, chat_id=body.chat_id)
    read = await receipts.mark_read(call.tx, chat_id=body.chat_id)
    call.after_commit(partial(receipts.send, chat_id=body.chat_id, typing=body.typing, request_id=call.request_id))
    return read
