"""POST /functions/v1/contact-erase: forget a contact for good.

Identities, conversations, messages, files, kept webhook bodies and the trail's values go. Orders stay as goods and
money, without the person. What is known must have been handed out by contact-export within 30 days, unless
`without_export`.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.privacy import service
from shared.domain.privacy.models import ContactErased
from shared.domain.privacy.service import ExportFirst
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    without_export: bool = Field(default=False, description="Nobody wants to be told what is known.")


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, ExportFirst))
async def handler(call: Call, body: Body) -> ContactErased:
    return await service.erase_contact(call.tx, customer_id=body.customer_id, without_export=body.without_export)
