"""POST /functions/v1/conversation-assign: assign a conversation to a member, to an agent, or to nobody."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.domain.messaging.conversations import service
from shared.domain.messaging.conversations.models import ConversationState
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.names import EitherCase


class Body(EitherCase):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"chat_id": "00000000-0000-0000-0000-000000000001", "assigned_to": None}]},
    )

    chat_id: UUID
    assigned_to: Annotated[UUID | None, Field(description="User id of a member or agent; null unassigns it.")]


@endpoint(Body, tag="Messages", access=MEMBERS, scope="write", refusals=(service.UnknownColleague,))
async def handler(call: Call, body: Body) -> ConversationState:
    body.check_organization(call.principal.organization_id)
    return await service.assign(call.tx, chat_id=body.chat_id, assigned_to=body.assigned_to)
