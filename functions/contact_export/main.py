"""POST /functions/v1/contact-export: all that is known of one person, as one JSON document.

For the person who asks what is kept about them, and before they are erased. The newest 2,000 messages, 1,000 orders and
1,000 events of the trail come with it; where `messages_before`, `orders_before` or `trail_before` is not null, send it
back for older ones. A person without a contact is told of by `identity`: conversations, words in groups and events of
channels that name them. That it was handed out is written into the trail.
"""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.customers.service import InvalidPhone
from shared.domain.privacy import service
from shared.domain.privacy.models import ContactExport, ExportedBefore
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound
from shared.kernel.moments import Moment


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"customer_id": "00000000-0000-0000-0000-000000000001"}]}
    )

    customer_id: UUID | None = None
    identity: str | None = Field(
        default=None,
        min_length=6,
        max_length=254,
        description="In place of customer_id: a phone number, a local one too, an e-mail address or a channel's id.",
    )
    messages_before: Moment | None = None
    orders_before: Moment | None = None
    trail_before: Moment | None = None

    @model_validator(mode="after")
    def _names_one_person(self) -> Self:
        if (self.customer_id is None) == (self.identity is None):
            raise ValueError("send one of customer_id and identity")
        return self


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, InvalidPhone))
async def handler(call: Call, body: Body) -> ContactExport:
    before = ExportedBefore(body.messages_before, body.orders_before, body.trail_before)
    if body.customer_id is not None:
        return await service.export_contact(call.tx, customer_id=body.customer_id, before=before)
    return await service.export_person(call.tx, identity=body.identity or "", before=before)
