"""E-mail addresses: cleaning and validation."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
_BEFORE = re.compile("^[\t-\r ]*([mM][aA][iI][lL][tT][oO]:)?[\t-\r <]*")
_BEHIND = re.compile("[\t-\r .,;:>\u060c\u061b]+\\Z")
_LETTERS = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0180-\u01c3"
    "\u01cd-\u01f0\u01f4-\u0220\u0222-\u0233\u0250-\u02ad\u0386\u0388-\u038a\u038c\u038e-\u03a1"
    "\u03a3-\u03ce\u03d7-\u03ef\u03f3\u0400-\u0481\u048a-\u04ce\u04d0-\u04f5\u04f8-\u04f9\u0500-\u050f"
    "\u0531-\u0556\u0559\u0561-\u0586\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u066e-\u066f\u0671-\u0674"
    "\u0679-\u06d3\u06d5\u06e5-\u06e6\u06fa-\u06fc\u0901-\u0903\u0905-\u0939\u093c-\u094d\u0950-\u0954"
    "\u0960-\u0963\u0981-\u0983\u0985-\u098c\u098f-\u0990\u0993-\u09a8\u09aa-\u09b0\u09b2\u09b6-\u09b9"
    "\u09bc\u09be-\u09c4\u09c7-\u09c8\u09cb-\u09cd\u09d7\u09e0-\u09e3\u09f0-\u09f1\u0e01-\u0e32"
    "\u0e34-\u0e3a\u0e40-\u0e4e\u10a0-\u10c5\u10d0-\u10f8\u1e00-\u1e99\u1ea0-\u1ef9\u3041-\u3096"
    "\u309d-\u309e\u30a1-\u30fa\u30fc-\u30fe\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3"
)
"""Letters beyond ASCII, of scripts in which people write addresses."""
_WORD = f"[a-zA-Z0-9!#$%&'*+/=?^_`{{|}}~{_LETTERS}-]+"
_LABEL = f"[a-zA-Z0-9{_LETTERS}](?:[a-zA-Z0-9{_LETTERS}-]*[a-zA-Z0-9{_LETTERS}])?"
_ADDRESS = rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})+"


def clean(raw: str) -> str:
    """Return the address without invisible marks and without `mailto:` or punctuation around it, as app.clean_email."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", raw))
    return _BEHIND.sub("", _BEFORE.sub("", text, count=1))


def is_address(cleaned: str) -> bool:
    """Return whether it has words between single dots, one @, and a host of two labels or more, as app.is_email."""
    return re.fullmatch(_ADDRESS, cleaned) is not None
