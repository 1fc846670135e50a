"""POST /functions/v1/channel-disconnect: stop sending and receiving on a number or page, and delete its token.

Its conversations stay. Another organization may connect the number or page afterwards.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.domain.channels import connection
from shared.domain.channels.connection import Requester
from shared.domain.channels.models import ChannelView
from shared.edge import MEMBERS, Call, endpoint


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"channel_id": "00000000-0000-0000-0000-000000000001"}]}
    )

    channel_id: UUID


@endpoint(Body, tag="Integrations", access=MEMBERS, scope="admin", tx="own")
async def handler(call: Call, body: Body) -> ChannelView:
    return await connection.disconnect(Requester(call.principal, call.request_id), channel_id=body.channel_id)
