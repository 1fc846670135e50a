"""GET /functions/v1/whatsapp-templates: whatsapp-get-templates under a shorter name."""

from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.messaging.channels import templates
from shared.domain.messaging.channels.service import ChannelNotConnected
from shared.domain.messaging.channels.templates import Templates, TemplatesUnavailable
from shared.edge import Call, endpoint
from shared.kernel.errors import NotFound


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel_id: Annotated[UUID | None, Field(description="Which number, where there are several.")] = None
    only_approved: bool = True
    refresh: Annotated[bool, Field(description="Ask Meta, even where our copy looks fresh.")] = False


@endpoint(
    Query,
    tag="Messages",
    method="GET",
    scope="read",
    tx="own",
    refusals=(NotFound, ChannelNotConnected, TemplatesUnavailable),
)
async def handler(call: Call, query: Query) -> Templates:
    return await templates.current(
        partial(call.begin, "read", read_only=True),
        channel_id=query.channel_id,
        only_approved=query.only_approved,
        refresh=query.refresh,
        request_id=call.request_id,
    )
