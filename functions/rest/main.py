"""/rest/v1: the organization's tables and functions, by PostgREST's rules.

Every call carries the project's publishable or secret key as `apikey`; a person's or an agent's token goes in
Authorization. Reading needs the scope read, everything else write; the plan's ceilings, rates and daily calls are those
of the functions.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.platform.rest.app import answer
from shared.quotas.rates import PUBLIC

from .advice import advised, timed
from .callers import identify
from .host import NexusHost
from .outages import worded
from .refusing import refused
from .translation import incoming, outgoing


@surface(tag="Tables", access=ANYONE, rate=PUBLIC, refuse=refused, counts_itself=True)
async def handler(call: Call) -> Response:
    await identify(call)
    asked, host = await incoming(call), NexusHost(call)
    told = timed(await advised(await answer(asked, host), asked, host))
    return outgoing(worded(told, call.request_id))
