"""POST /functions/v1/contact-export: all that is known of one person, as one JSON document.

For the person who asks what is kept about them, and before they are erased. The newest 2,000 messages, 1,000 orders and
1,000 events of the trail come with it; where `messages_before`, `orders_before` or `trail_before` is not null, send it
back for older ones. A person without a contact is told of by `identity`: conversations, words in groups and events of
channels that name them. That it was handed out is written into the trail.
"""

from shared.domain.customers.service import InvalidPhone
from shared.domain.privacy import service
from shared.domain.privacy.models import ContactExport, ExportedBefore
from shared.domain.privacy.requests import PersonRequest
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound
from shared.kernel.moments import Moment


class Body(PersonRequest):
    messages_before: Moment | None = None
    orders_before: Moment | None = None
    trail_before: Moment | None = None


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, InvalidPhone))
async def handler(call: Call, body: Body) -> ContactExport:
    before = ExportedBefore(body.messages_before, body.orders_before, body.trail_before)
    if body.customer_id is not None:
        return await service.export_contact(call.tx, customer_id=body.customer_id, before=before)
    return await service.export_person(call.tx, identity=body.identity or "", before=before)
