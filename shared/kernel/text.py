"""Text folding for search and comparison, with the same result as the database's app.fold."""

import re
import unicodedata

_DROPPED = re.compile(
    "[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Accents, Arabic diacritics, tatweel and invisible marks."""
_SPELLINGS = str.maketrans(
    "\u0623\u0625\u0622\u0671\u0649\u0629\u0624\u0626\u06cc\u06a9\u03c2"
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9",
    "\u0627\u0627\u0627\u0627\u064a\u0647\u0648\u064a\u064a\u0643\u03c301234567890123456789",
)
"""Forms of alef, yeh, heh, waw and kaf, final sigma, Arabic-Indic and Persian digits."""
_SPACE = re.compile("[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""White space of Unicode; Python's \\s also matches four control characters."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Controls, and characters that Unicode says to hide where they are not supported."""
_DASHES = re.compile(
    "[\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u2212\u2796\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0"
    "\U00010d6e\U00010ead]"
)
"""Dashes and minus signs that normal forms do not change."""


def fold(value: str) -> str:
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", value))
    return _SPACE.sub(" ", plain.lower().translate(_SPELLINGS)).strip(" ")


def code_key(value: str) -> str:
    """Return the common key of all spellings of a code, such as an SKU, as app.code_key."""
    return _DASHES.sub("-", fold(_UNSEEN.sub("", value)).replace(" ", ""))
