"""Where links may lead: the site itself, and what the host has listed. Anywhere else, a session would be given away.

Whole addresses alone, as Supabase Auth has it: a path is of no site, and what names a person before its host of none.
"""

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

from shared.runtime.settings import settings

_OF_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"
"""Every sign that has a meaning in an address, and those of an escape."""


def site() -> str:
    return settings().site_url or settings().base_url


def allowed(*asked: str | None) -> str:
    """The first of those asked for that a link may lead to, else the site."""
    return next((url for url in asked if url and _is_allowed(url)), site())


def as_header(url: str) -> str:
    """The address as a Location header carries it: everything beyond ASCII as UTF-8 in percent signs (RFC 3987)."""
    parts = urlsplit(url)
    host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    return quote(urlunsplit(parts._replace(netloc=host)), safe=_OF_ADDRESSES)


def with_query(url: str, **fields: str) -> str:
    parts = urlsplit(url)
    query = "&".join(each for each in (parts.query, urlencode(fields)) if each)
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
    return any(_pattern(each).fullmatch(bare) for each in settings().redirect_urls)


def _is_foreign_address(parts: SplitResult) -> bool:
    """A machine without a name, unless it is this one."""
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return not parts.hostname


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    """`**` stands for anything, `*` for anything but . and /, `?` for one such character."""
    stands_for = {"**": ".*", "*": "[^./]*", "?": "[^./]"}
    parts = re.split(r"(\*\*|\*|\?)", glob)
    return re.compile("".join(stands_for.get(part) or re.escape(part) for part in parts))
