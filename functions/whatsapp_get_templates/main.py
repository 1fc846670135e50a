"""GET /functions/v1/whatsapp-get-templates: list the templates of the WhatsApp channel, from our copy or from Meta."""

from functools import partial

from shared.domain.channels.templates import service as templates
from shared.domain.channels.templates.models import Templates, TemplatesRequest
from shared.edge import Call, endpoint


@endpoint(TemplatesRequest, tag="Messages", method="GET", scope="read", tx="own", refusals=templates.REFUSALS)
async def handler(call: Call, query: TemplatesRequest) -> Templates:
    query.check_organization(call.principal.organization_id)
    return await templates.current(partial(call.begin, "read", read_only=True), query, request_id=call.request_id)
