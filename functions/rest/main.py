"""/rest/v1: the organization's tables and functions, by PostgREST's rules.

Every call carries the project's publishable or secret key as `apikey`; a person's or an agent's token goes in
Authorization. Reading needs the scope read, everything else write; the plan's ceilings, rates and daily calls are those
of the functions.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.platform.rest.app import answer
from shared.quotas.rates import RateClass

from .callers import identify
from .host import NexusHost
from .refusing import refused
from .translation import incoming, outgoing

TABLES = RateClass("rest", 1200, by_address=True)
"""Of one address, whoever calls; people and agents are counted as everywhere besides."""


@surface(tag="Tables", access=ANYONE, rate=TABLES, refuse=refused)
async def handler(call: Call) -> Response:
    await identify(call)
    return outgoing(await answer(await incoming(call), NexusHost(call)))
