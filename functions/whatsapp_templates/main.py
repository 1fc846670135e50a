"""GET /functions/v1/whatsapp-templates: whatsapp-get-templates under a shorter name."""

from functools import partial

from shared.domain.channels import templates
from shared.domain.channels.templates import Templates, TemplatesAsked
from shared.edge import Call, endpoint


@endpoint(TemplatesAsked, tag="Messages", method="GET", scope="read", tx="own", refusals=templates.REFUSALS)
async def handler(call: Call, query: TemplatesAsked) -> Templates:
    return await templates.current(partial(call.begin, "read", read_only=True), query, request_id=call.request_id)
