"""POST /functions/v1/contact-erase: forget a contact for good.

Identities, conversations, messages, files, kept webhook bodies and the trail's values go. Orders stay as goods and
money, without the person. What is known must have been handed out by contact-export within 30 days, unless
`without_export`. A person without a contact is erased by `identity`. Every kept answer to an `Idempotency-Key` of the
organization goes too.
"""

from pydantic import Field, StrictBool

from shared.domain.customers.service import InvalidPhone
from shared.domain.privacy import service
from shared.domain.privacy.models import ContactErased
from shared.domain.privacy.requests import PersonRequest
from shared.domain.privacy.service import ExportFirst
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound


class Body(PersonRequest):
    without_export: StrictBool = Field(default=False, description="Nobody wants to be told what is known.")


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, ExportFirst, InvalidPhone))
async def handler(call: Call, body: Body) -> ContactErased:
    if body.customer_id is not None:
        return await service.erase_contact(call.tx, customer_id=body.customer_id, without_export=body.without_export)
    return await service.erase_person(call.tx, identity=body.identity or "", without_export=body.without_export)
