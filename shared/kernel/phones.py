"""Phone numbers as people write them, brought to E.164."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SCHEME = re.compile(r"(?:tel|callto|sms|whatsapp):\s*", re.IGNORECASE)
_SPELT = re.compile(r"[0-9+()\[\]./\\~\s\-\u2010-\u2015\u2212\u30fc]+")
"""Digits and what people put between them; letters make it another thing, such as EG.1012345678, an id of a channel."""
_MARKS = frozenset({"Cf", "Mn", "Me"})
_TATWEEL = "\u0640"
_NO_REGION = "ZZ"
_FEWEST_SPOKEN = 7
_MOST_WITHOUT_PLUS = 13
"""Longer digits are a channel's id of a person rather than a number that lacks its plus."""


class Phone(NamedTuple):
    """`valid` is whether its country gives out such numbers; one that is not may be newer than what we know."""

    number: str
    valid: bool


def normalize(raw: str, region: str) -> str | None:
    """None for what is no phone number; `region` (ISO 3166-1 alpha-2) is that of numbers without a country code."""
    phone = read(raw, region)
    return phone.number if phone else None


def read(raw: str, region: str) -> Phone | None:
    """As `normalize`, with whether the number is valid. Digits that are no number of the region may lack their plus."""
    text = plain(raw)
    if not _SPELT.fullmatch(text):
        return None
    own = _parsed("+" + text[2:] if text.startswith("00") else text, region)
    if own is not None and own.valid:
        return own
    digits = re.sub("[^0-9]", "", text)
    if "+" not in text and not digits.startswith("0") and len(digits) <= _MOST_WITHOUT_PLUS:
        abroad = _parsed("+" + digits, _NO_REGION)
        if abroad is not None and abroad.valid:
            return abroad
    return own


def is_spoken(raw: str) -> bool:
    """Whether the text looks like a whole phone number; names, codes and last digits do not."""
    text = plain(raw)
    return _SPELT.fullmatch(text) is not None and sum(letter.isdigit() for letter in text) >= _FEWEST_SPOKEN


def has_country(raw: str) -> bool:
    return plain(raw).lstrip("([ ").startswith(("+", "00"))


def plain(raw: str) -> str:
    """Without invisible marks, accents, tatweel and a link's scheme; with digits of ASCII."""
    text = "".join(_ascii(letter) for letter in unicodedata.normalize("NFKC", raw))
    return _SCHEME.sub("", text.strip(), count=1).strip()


def key(number: str) -> str:
    """What two official forms of one E.164 number have in common, as the database's app.phone_key."""
    official = _official(number)
    if re.fullmatch(r"\+549[0-9]{10}", official):
        return "+54" + official[4:]
    return official


def _ascii(letter: str) -> str:
    if letter == _TATWEEL or unicodedata.category(letter) in _MARKS:
        return ""
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _official(number: str) -> str:
    """Mexican mobiles lost their 1, Brazilian ones got a ninth digit; WhatsApp goes on with the old forms."""
    if re.fullmatch(r"\+521[0-9]{10}", number):
        return "+52" + number[4:]
    if re.fullmatch(r"\+55[1-9][0-9][6-9][0-9]{7}", number):
        return number[:5] + "9" + number[5:]
    return number


@lru_cache(maxsize=256)
def _parsed(text: str, region: str) -> Phone | None:
    # Its tables take 60 ms to load: the first number waits for them, not the start of every function.
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(text, region)
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        official = _official(written)
        if official != written:
            number = phonenumbers.parse(official, _NO_REGION)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return Phone(official, phonenumbers.is_valid_number(number))
