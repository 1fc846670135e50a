"""Phone numbers as people write them, and their E.164 form."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SCHEME = re.compile(r"(?:tel|callto|sms|whatsapp):\s*", re.IGNORECASE)
_SPELT = re.compile(r"[0-9+()\[\]./\\~\s\-\u2010-\u2015\u2212\u30fc]+")
"""Digits and separators; a text with letters is no number, such as EG.1012345678, an id of a channel."""
_MARKS = frozenset({"Cf", "Mn", "Me"})
_TATWEEL = "\u0640"
_NO_REGION = "ZZ"
_TRUNK = re.compile(
    r"^(\+(?:"
    r"20|27|31|32|33|40|41|43|44|46|49|51|52|53|54|55|58|60|61|63|64|84|86|90|92|93|94|95|98|211|212|213|"
    r"216|218|231|232|233|234|243|249|251|252|254|255|256|260|261|262|263|264|265|291|353|355|358|370|373|"
    r"374|375|377|380|381|382|383|385|386|387|389|421|423|508|590|591|593|594|595|596|686|850|855|856|"
    r"880|886|961|962|963|964|965|966|967|968|970|971|972|973|974|976|977|994|995|996"
    r"))0+(?=[1-9])|^(\+(?:62|66|81|82|91|359|598))0(?=[1-9])"
)
"""Prefixes of countries where no number begins with 0, or (second list) where none begins with a single 0."""
_FEWEST_SPOKEN = 7
_MOST_WITHOUT_PLUS = 13
"""More digits than this are a channel's id of a person, not a number without its plus."""
_MOST_READINGS = 4
"""An official form may be read as another number: +55 90 99... loses the 90, a prefix of collect calls."""


class Phone(NamedTuple):
    """`valid` says whether the country assigns such numbers; an invalid one may be newer than our data."""

    number: str
    valid: bool


def normalize(raw: str, region: str) -> str | None:
    """Return the E.164 form, None if the text is no phone number; `region` holds for numbers without a country code."""
    phone = read(raw, region)
    return phone.number if phone else None


def read(raw: str, region: str) -> Phone | None:
    """Return the number and its validity. Digits that are no number of the region are also read with a plus."""
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


def is_spelt(raw: str) -> bool:
    """Return whether the text has only digits and separators."""
    text = plain(raw)
    return _SPELT.fullmatch(text) is not None and any(letter.isdigit() for letter in text)


def is_spoken(raw: str) -> bool:
    """Return whether the text looks like a whole phone number; names, codes and last digits do not."""
    text = plain(raw)
    return _SPELT.fullmatch(text) is not None and sum(letter.isdigit() for letter in text) >= _FEWEST_SPOKEN


def has_country(raw: str) -> bool:
    return plain(raw).lstrip("([ ").startswith(("+", "00"))


def plain(raw: str) -> str:
    """Return the text in ASCII digits, without invisible marks, accents, tatweel and a link's scheme."""
    text = "".join(_ascii(letter) for letter in unicodedata.normalize("NFKC", raw))
    return _SCHEME.sub("", text.strip(), count=1).strip()


def key(number: str) -> str:
    """Return the common key of all official forms of one E.164 number, as app.phone_key."""
    official = _official(without_trunk(number))
    if re.fullmatch(r"\+549[0-9]{10}", official):
        official = "+54" + official[4:]
    return without_trunk(official)


def without_trunk(number: str) -> str:
    """Return the number without its trunk prefix 0, as app.phone_without_trunk."""
    return _TRUNK.sub(r"\1\2", number)


def _ascii(letter: str) -> str:
    if letter == _TATWEEL or unicodedata.category(letter) in _MARKS:
        return ""
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _official(number: str) -> str:
    """Return the present form: Mexican mobiles lost a 1, Brazilian ones gained a digit; WhatsApp uses the old."""
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
        for _ in range(_MOST_READINGS):
            written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            official = without_trunk(_official(without_trunk(written)))
            if official == written:
                break
            number = phonenumbers.parse(official, _NO_REGION)
        else:
            return None
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return Phone(official, phonenumbers.is_valid_number(number))
