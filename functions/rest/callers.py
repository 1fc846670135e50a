"""The callers of the interface, and their rate classes."""

from shared.auth.credentials import platform_caller
from shared.edge import Call
from shared.edge.documentation import admits
from shared.kernel.errors import InvalidToken, MissingToken
from shared.quotas.rates import PUBLIC, STANDARD, RateClass
from shared.tenancy.principal import Kind

RATES = {
    Kind.AGENT: STANDARD,
    Kind.USER: STANDARD,
    Kind.ANONYMOUS: PUBLIC,
    Kind.SERVICE: RateClass("rest-service", 6000),
}


@admits({"apikey": [], "agent": []}, {"apikey": [], "person": []}, {"service": []})
async def identify(call: Call) -> Call:
    """Admit callers with a key of the project, and count the call for the caller, or for an unknown caller's address.

    Raises:
        MissingProjectKey, UnknownProjectKey, InvalidToken, RateExceeded.
    """
    try:
        call.principal = platform_caller(call.headers, call.request.query_params, key_required=True)
    except (MissingToken, InvalidToken):
        await call.charge()
        raise
    call.rate = RATES[call.principal.kind]
    await call.charge()
    return call
