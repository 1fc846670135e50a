"""Whom limits count as one: the network behind a client's address, the mailbox behind an e-mail address."""

import ipaddress
from functools import lru_cache

from .emails import clean

_LONGEST = 64
_SUBSCRIBER_BITS = 64
"""Of an IPv6 address; what is behind them each subscriber chooses freely."""
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@lru_cache(maxsize=4096)
def address_of(text: str) -> str:
    """The one spelling of a client's address: without port, brackets and zone, and IPv4 where IPv6 carries it.

    What is no address stays as it is.
    """
    bare = text.strip()[:_LONGEST]
    host = bare[1:].partition("]")[0] if bare.startswith("[") else bare
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bare
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        return str(address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address))
    return str(address)


@lru_cache(maxsize=4096)
def network_of(text: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: as much as one subscriber has."""
    address = address_of(text)
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network(f"{address}/{_SUBSCRIBER_BITS}", strict=False))
    except ValueError:
        return address


def mailbox_of(email: str) -> str:
    """The mailbox that an address reaches: without what follows a plus sign, nor the dots that Gmail reads over."""
    name, _, domain = clean(email).casefold().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in _DOTLESS:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"
