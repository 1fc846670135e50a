"""Admission to a route: callers with a credential, or everybody for reading; policies decide the rest."""

from typing import NamedTuple

from shared.auth.credentials import platform_caller
from shared.edge import Call
from shared.edge.documentation import admits
from shared.kernel.errors import InvalidToken, MissingToken
from shared.platform.storage.errors import MissingAuthorization
from shared.platform.storage.models import Caller
from shared.quotas.rates import STANDARD
from shared.tenancy.principal import ANONYMOUS, Kind, Principal


class StorageContext(NamedTuple):
    call: Call
    known: Caller | None
    """None for a caller without a valid credential, on the routes that `reader` admits to."""

    @property
    def caller(self) -> Caller:
        if self.known is None:
            raise AssertionError("a route that admits callers without a credential")
        return self.known


@admits({"apikey": []}, {"person": []}, {"agent": ["read"]}, {"service": []})
async def caller(call: Call) -> StorageContext:
    """Admit callers with a token or a key of the project.

    Raises:
        MissingAuthorization, MissingToken, InvalidToken, UnknownProjectKey.
        RateExceeded: for a caller with a token.
    """
    headers, query = call.request.headers, call.request.query_params
    principal = platform_caller(headers, query, key_required=False)
    if principal is ANONYMOUS and not (headers.get("authorization") or headers.get("apikey") or query.get("apikey")):
        raise MissingAuthorization
    return StorageContext(call, await counted(principal, call))


@admits({}, {"apikey": []}, {"person": []}, {"agent": ["read"]})
async def reader(call: Call) -> StorageContext:
    """Admit everybody: callers without a valid credential may still read public objects."""
    try:
        return await caller(call)
    except (MissingToken, InvalidToken, MissingAuthorization):
        return StorageContext(call, None)


async def counted(principal: Principal, call: Call) -> Caller:
    """Return the caller, and count this call for them."""
    call.principal = principal
    if principal.kind in (Kind.USER, Kind.AGENT):
        call.rate = STANDARD
        await call.charge()
    return Caller(principal, call.request_id, call.calls_today)
