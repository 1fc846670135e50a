"""Allowed targets of links: the site itself, and the host's list, because a link carries a session.

Only whole URLs are allowed, as in Supabase Auth: no path without a site, and no user name before the host.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

from shared.runtime.settings import settings

_OF_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"
"""Every character with a meaning in a URL, and the percent sign."""


def site() -> str:
    return settings().site_url or settings().base_url


def allowed(*candidates: str | None) -> str:
    """Return the first candidate that is an allowed target, or else the site."""
    return next((url for url in candidates if url and _is_allowed(url)), site())


def as_header(url: str) -> str:
    """Return the URL for a Location header: characters beyond ASCII as percent-encoded UTF-8 (RFC 3987)."""
    parts = urlsplit(url)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(urlunsplit(parts._replace(netloc=host)), safe=_OF_ADDRESSES)


def with_query(url: str, **fields: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(fields)) if part)
    return urlunsplit(parts._replace(query=query))


def with_fragment(url: str, **fields: str) -> str:
    return urlunsplit(urlsplit(url)._replace(fragment=urlencode(fields)))


def _is_allowed(url: str) -> bool:
    try:
        parts, home = urlsplit(url), urlsplit(site())
        port, home_port = parts.port, home.port
        as_header(url)
    except ValueError:
        return False
    if any(character <= " " or character in "\\\x7f" for character in url) or not parts.scheme or "@" in parts.netloc:
        return False
    if parts.scheme in ("http", "https") and _is_foreign_address(parts):
        return False
    if (parts.scheme, parts.hostname, port) == (home.scheme, home.hostname, home_port):
        return True
    bare = urlunsplit(parts._replace(fragment=""))
    return any(_pattern(glob).fullmatch(bare) for glob in settings().redirect_urls)


def _is_foreign_address(parts: SplitResult) -> bool:
    """Return whether the host is an IP address, but not of this machine, or is missing."""
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return not parts.hostname


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob: `**` matches anything, `*` anything but . and /, `?` one such character."""
    wildcards = {"**": ".*", "*": "[^./]*", "?": "[^./]"}
    parts = re.split(r"(\*\*|\*|\?)", glob)
    return re.compile("".join(wildcards.get(part) or re.escape(part) for part in parts))
