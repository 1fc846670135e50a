"""/storage/v1: buckets and files, for supabase clients.

The caller's token in Authorization, or the project's key as `apikey`, identifies the caller; the policies of
storage.buckets and storage.objects decide what they may do. Public objects and signed addresses need neither.
"""

from starlette.responses import Response

from shared.edge import ANYONE, Call, surface
from shared.edge.routing import answer
from shared.quotas.rates import RateClass

from .errors import error_response
from .routes import ROUTES

FILES = RateClass("storage", 1200, by_address=True)
"""A page may show a hundred pictures; callers with a token are also counted as everywhere else."""


@surface(tag="Integrations", access=ANYONE, rate=FILES, refuse=error_response, routes=ROUTES)
async def handler(call: Call) -> Response:
    return await answer(ROUTES, call)
