"""Who calls, and how often they may."""

from shared.auth.credentials import platform_caller
from shared.edge import Call
from shared.quotas.rates import STANDARD
from shared.tenancy.principal import Kind


async def identify(call: Call) -> None:
    """Make the call its caller's, and count it.

    Raises:
        MissingProjectKey, UnknownProjectKey, InvalidToken, RateExceeded.
    """
    call.principal = platform_caller(call.request.headers, call.request.query_params, key_required=True)
    if call.principal.kind in (Kind.USER, Kind.AGENT):
        call.rate = STANDARD
        await call.charge()
