"""POST /functions/v1/conversation-archive: close or reopen a conversation; the customer's next message reopens it."""

from uuid import UUID

from pydantic import ConfigDict, StrictBool

from shared.domain.messaging.conversations import service
from shared.domain.messaging.conversations.models import ConversationState
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.names import EitherCase


class Body(EitherCase):
    model_config = ConfigDict(json_schema_extra={"examples": [{"chat_id": "00000000-0000-0000-0000-000000000001"}]})

    chat_id: UUID
    is_archived: StrictBool = True


@endpoint(Body, tag="Messages", access=MEMBERS, scope="write")
async def handler(call: Call, body: Body) -> ConversationState:
    body.check_organization(call.principal.organization_id)
    return await service.archive(call.tx, chat_id=body.chat_id, is_archived=body.is_archived)
