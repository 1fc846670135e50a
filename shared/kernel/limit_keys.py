"""Keys that limits count by: the network of a client's address, the mailbox of an e-mail address."""

import ipaddress
from functools import lru_cache

from .emails import clean

_LONGEST = 64
_SUBSCRIBER_BITS = 64
"""Bits of an IPv6 address that the provider assigns; the subscriber chooses the others."""
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


@lru_cache(maxsize=4096)
def address_of(text: str) -> str:
    """Return the only spelling of a client's address: without port, brackets and zone, and IPv4 where IPv6 contains it.

    A text that is no address is returned unchanged.
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
    """Return the network of one subscriber: an IPv4 address, or the /64 of an IPv6 address."""
    address = address_of(text)
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network(f"{address}/{_SUBSCRIBER_BITS}", strict=False))
    except ValueError:
        return address


def mailbox_of(email: str) -> str:
    """Return the mailbox of an address: without the part after a plus sign, and without dots at Gmail."""
    name, _, domain = clean(email).casefold().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in _DOTLESS:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{domain}"
