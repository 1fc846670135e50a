"""Makers of signed addresses: an address has the maker's rights at its use, for as long as the maker's role allows."""

from typing import Any

import msgspec

from shared.tenancy.principal import Kind, principal_of

from . import queries
from .callers import caller_tx
from .errors import InvalidAddressToken, StorageRefusal
from .models import Caller

SHORT_S = 3600
"""The duration that every role may choose; longer ones depend on the role."""
_OF_RIGHTS = ("sub", "role", "organization_id", "org_role", "agent_scopes", "key_id", "organization_timezone")
"""Claims in an address. Without the session, it survives a sign-out, but not a ban, a removal or a revoked key.

The time zone gives the day in which an upload counts as a call."""
_OF_MEMBERS = ("organization_id", "org_role")


async def check_duration(caller: Caller, *, seconds: int) -> None:
    """Check that the caller may make an address for so long.

    Raises:
        StorageRefusal.
    """
    if seconds <= SHORT_S or caller.principal.kind is Kind.SERVICE:
        return
    async with caller_tx(caller, read_only=True) as tx:
        longest_s = await queries.find_longest_address(tx)
    if seconds > longest_s:
        raise StorageRefusal(f"expiresIn is at most {longest_s} seconds for a URL that this caller signs")


def maker_of(caller: Caller) -> dict[str, Any]:
    """Return the claims from which the caller's rights follow."""
    claims = msgspec.json.decode(caller.principal.claims)
    member = {name: value for name, value in (claims.get("app_metadata") or {}).items() if name in _OF_MEMBERS}
    return {name: claims[name] for name in _OF_RIGHTS if name in claims} | ({"app_metadata": member} if member else {})


def caller_of_maker(maker: dict[str, Any], request_id: str, *, made_at: float) -> Caller:
    """Return the maker as a caller, whose rights the next transaction checks again for an address of that time.

    Raises:
        InvalidAddressToken: the address names no maker.
    """
    try:
        return Caller(principal_of({**maker, "link_made_at": made_at}), request_id)
    except (KeyError, ValueError, TypeError) as fault:
        raise InvalidAddressToken from fault
