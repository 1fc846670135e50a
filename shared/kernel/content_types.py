"""Content types that a browser may show in its window, and the headers of every file from outside."""

import re
from collections.abc import Mapping
from types import MappingProxyType

UNKNOWN = "application/octet-stream"
SHOWN_INLINE = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp",
        "video/mp4", "video/3gpp", "video/webm", "video/ogg", "video/quicktime",
        "audio/mpeg", "audio/mp4", "audio/ogg", "audio/aac", "audio/amr", "audio/wav", "audio/webm", "audio/x-m4a",
        "application/pdf",
    }
)  # fmt: skip
"""Types that a browser shows without running code from the file; all other types are downloads."""
FILE_HEADERS: Mapping[str, str] = MappingProxyType(
    {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
)
"""Headers of every answer with a file from outside."""
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,127}"  # noqa: S105  (a part of a type, not a secret)
_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})((?:\s*;\s*{_TOKEN}=(?:{_TOKEN}|\"[\w ,.+-]*\"))*)", re.ASCII)


def bare_type(given: object) -> str | None:
    """Return the type in lower case, without parameters; None unless it is exactly one type."""
    found = _TYPE.fullmatch(given.strip()) if isinstance(given, str) else None
    return found[1].lower() if found else None


def shown_type(given: object) -> str:
    """Return the type to serve a file with: the given one, UNKNOWN for no type, plain text for a page."""
    bare = bare_type(given)
    if bare is None:
        return UNKNOWN
    return "text/plain" if bare in _PAGES else str(given).strip()


def is_shown_inline(given: object) -> bool:
    return bare_type(given) in SHOWN_INLINE
