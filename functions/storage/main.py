"""/storage/v1: buckets and files, as supabase clients ask for them.

The caller's token in Authorization, or the project's key as `apikey`, says who asks; the policies of storage.buckets
and storage.objects say what they may do. Public objects and signed addresses take neither.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import RateClass

from .errors import error_response
from .routes import ROUTES

FILES = RateClass("storage", 1200, by_address=True)
"""A page may show a hundred pictures; callers with a token are counted as everywhere besides."""


@surface(tag="Integrations", access=ANYONE, rate=FILES, refuse=error_response, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
