"""POST /functions/v1/contact-export: export all data about one person, as one JSON document.

For a person who asks for their data, and before an erasure. It contains the newest 2,000 messages, 1,000 orders and
1,000 events of the audit trail; if `messages_before`, `orders_before` or `trail_before` is not null, send it back for
older ones. `identity` exports a person without a contact: conversations, group messages and channel events that name
them. The audit trail records the export.
"""

from shared.domain.customers.service import InvalidPhone
from shared.domain.privacy import service
from shared.domain.privacy.models import ContactExport, ExportedBefore
from shared.domain.privacy.requests import PersonRequest
from shared.edge import MEMBERS, Call, endpoint
from shared.kernel.errors import NotFound
from shared.kernel.timestamps import Timestamp


class Body(PersonRequest):
    messages_before: Timestamp | None = None
    orders_before: Timestamp | None = None
    trail_before: Timestamp | None = None


@endpoint(Body, tag="Contacts", access=MEMBERS, scope="admin", refusals=(NotFound, InvalidPhone))
async def handler(call: Call, body: Body) -> ContactExport:
    before = ExportedBefore(body.messages_before, body.orders_before, body.trail_before)
    if body.customer_id is not None:
        return await service.export_contact(call.tx, customer_id=body.customer_id, before=before)
    return await service.export_person(call.tx, identity=body.identity or "", before=before)
