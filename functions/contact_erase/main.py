"""POST /functions/v1/contact-erase: erase a contact for good.

Deletes identities, conversations, messages, files, stored webhook bodies and the values in the audit trail. Orders
stay, without the person. contact-export must have returned the data within the last 30 days, unless `without_export` is
true. `identity` erases a person without a contact. Every stored answer to an `Idempotency-Key` of the organization is
deleted too.
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
    without_export: StrictBool = Field(default=False, description="True if nobody needs an export of the data.")


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, ExportFirst, InvalidPhone))
async def handler(call: Call, body: Body) -> ContactErased:
    if body.customer_id is not None:
        return await service.erase_contact(call.tx, customer_id=body.customer_id, without_export=body.without_export)
    return await service.erase_person(call.tx, identity=body.identity or "", without_export=body.without_export)
