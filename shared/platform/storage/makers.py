"""Who made a signed address: it opens what its maker may when it is used, and lives as long as their role allows."""

from typing import Any

import msgspec

from shared.tenancy.principal import Kind, principal_of

from . import queries
from .callers import caller_tx
from .errors import InvalidToken, StorageRefusal
from .models import Caller

SHORT_S = 3600
"""Everybody's; what is longer depends on the role."""
_OF_RIGHTS = ("sub", "role", "organization_id", "org_role", "agent_scopes", "key_id", "organization_timezone")
"""Not the session: an address outlives a sign-out, and neither a ban, a removal nor a revoked key. By the time zone an
upload is one of its day's calls."""
_OF_MEMBERS = ("organization_id", "org_role")


async def check_duration(caller: Caller, *, seconds: int) -> None:
    """Raises: StorageRefusal: longer than the caller's addresses may live."""
    if seconds <= SHORT_S or caller.principal.kind is Kind.SERVICE:
        return
    async with caller_tx(caller, read_only=True) as tx:
        longest_s = await queries.find_longest_address(tx)
    if seconds > longest_s:
        raise StorageRefusal(f"expiresIn is at most {longest_s} seconds for an address that this caller makes")


def maker_of(caller: Caller) -> dict[str, Any]:
    """The claims that the caller's rights follow from."""
    told = msgspec.json.decode(caller.principal.claims)
    member = {name: value for name, value in (told.get("app_metadata") or {}).items() if name in _OF_MEMBERS}
    return {name: told[name] for name in _OF_RIGHTS if name in told} | ({"app_metadata": member} if member else {})


def caller_of_maker(maker: dict[str, Any], request_id: str, *, made_at: float) -> Caller:
    """Return who made a signed address, as the caller whose right to it the next transaction checks anew.

    Raises:
        InvalidToken: the address does not say who made it.
    """
    try:
        return Caller(principal_of({**maker, "link_made_at": made_at}), request_id)
    except (KeyError, ValueError, TypeError) as fault:
        raise InvalidToken from fault
