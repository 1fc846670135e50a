"""Phone numbers as people write them: one reading for all spellings, and its twin in the database."""

from collections.abc import Iterator

import phonenumbers
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.kernel import phones
from shared.kernel.phones import Phone, normalize

COUNTRIES = [
    ("EG", "010 0123 4567", "+201001234567"),
    ("SA", "051 234 5678", "+966512345678"),
    ("AE", "050 123 4567", "+971501234567"),
    ("KW", "500 12345", "+96550012345"),
    ("BH", "3600 1234", "+97336001234"),
    ("QA", "3312 3456", "+97433123456"),
    ("OM", "9212 3456", "+96892123456"),
    ("JO", "07 9012 3456", "+962790123456"),
    ("LB", "71 123 456", "+96171123456"),
    ("IQ", "0791 234 5678", "+9647912345678"),
    ("MA", "0650-123456", "+212650123456"),
    ("DZ", "0551 23 45 67", "+213551234567"),
    ("TN", "20 123 456", "+21620123456"),
    ("SD", "091 123 1234", "+249911231234"),
    ("TR", "0501 234 56 78", "+905012345678"),
    ("BR", "(11) 96123-4567", "+5511961234567"),
    ("MX", "222 123 4567", "+522221234567"),
    ("AR", "011 15-2345-6789", "+5491123456789"),
]
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
E164 = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
TWO_FORMS = st.from_regex(r"\+(52(1)?|54(9)?|55[1-9][0-9]9?[1-9])[0-9]{6,10}", fullmatch=True)


def spellings(national: str, number: str) -> list[str]:
    digits = number[1:]
    return [
        national,
        national.translate(ARABIC),
        f"\u202a{national}\u202c",
        national.replace(" ", "\u00a0").replace("-", "\u2013"),
        number,
        number.translate(ARABIC),
        f"tel:{number}",
        f"00{digits}",
        digits,
        f"+{digits[:3]} {digits[3:6]}\u2013{digits[6:]}",
        f"{number[:5]}\u064b{number[5:8]}\u0640{number[8:]}",
    ]


@pytest.mark.parametrize(("region", "national", "number"), COUNTRIES)
def test_every_spelling_of_a_number_is_that_number(region, national, number):
    read = {spelt: phones.read(spelt, region) for spelt in spellings(national, number)}
    assert read == dict.fromkeys(read, Phone(number, valid=True))


@pytest.mark.parametrize(("region", "national", "number"), COUNTRIES)
def test_a_number_with_its_country_code_is_read_alike_everywhere(region, national, number):
    abroad = "EG" if region != "EG" else "SA"
    written = [number, number[1:], f"00{number[1:]}", f"tel:{number}"]
    assert {normalize(spelt, abroad) for spelt in written} == {number}


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("01012345678", "EG", "+201012345678"),
        ("٠١٠ ١٢٣٤ ٥٦٧٨", "EG", "+201012345678"),
        ("+20 (10) 1234-5678", "SA", "+201012345678"),
        ("+20 (0)10 1234 5678", "SA", "+201012345678"),
        ("TEL:010-1234-5678", "EG", "+201012345678"),
        ("010–1234–5678", "EG", "+201012345678"),
        ("00201012345678", "KW", "+201012345678"),
        ("201012345678", "EG", "+201012345678"),
        ("966551234567", "EG", "+966551234567"),
        ("0501234567", "SA", "+966501234567"),
        ("9988 7766", "KW", "+96599887766"),
        ("02 2735 1234", "EG", "+20227351234"),
        ("1234567", "EG", None),
        ("123", "EG", None),
        ("call me", "EG", None),
        ("01012345678 ext 5", "EG", None),
        ("01012345678, 01112345678", "EG", None),
        ("+999123456789", "EG", None),
        ("+" + "1" * 40, "EG", None),
        ("", "EG", None),
    ],
)
def test_phone_numbers_are_brought_to_e164(raw, region, number):
    assert normalize(raw, region) == number


@pytest.mark.parametrize("raw", ["EG.1012345678", "US.13491208655302741918", "EG.ENT.1012345678", "24512345678901234"])
def test_an_id_of_a_channel_is_no_phone_number(raw):
    assert normalize(raw, "EG") is None


def test_a_number_of_the_right_length_in_no_range_says_so():
    assert phones.read("+20 10 1234 56", "EG") == Phone("+2010123456", valid=False)
    assert phones.read("010 1234 5678", "EG") == Phone("+201012345678", valid=True)


@pytest.mark.parametrize(
    ("one", "other", "region"),
    [
        ("+55 11 8765-4321", "+55 11 98765-4321", "EG"),
        ("551187654321", "(11) 98765-4321", "BR"),
        ("+52 1 55 1234 5678", "+52 55 1234 5678", "EG"),
        ("5215512345678", "55 1234 5678", "MX"),
        ("+54 9 11 2345-6789", "+54 11 2345-6789", "EG"),
        ("011 15-2345-6789", "+54 11 2345-6789", "AR"),
    ],
)
def test_both_official_forms_of_a_number_have_one_key(one, other, region):
    keys = {number and phones.key(number) for number in (normalize(one, region), normalize(other, region))}
    assert len(keys) == 1
    assert None not in keys


def test_landlines_and_others_keep_their_own_key():
    for number in ("+551141234567", "+5511941234567", "+201012345678", "+525512345678"):
        assert phones.key(number) == number


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(TWO_FORMS | E164, min_size=20, max_size=60))
def test_the_database_has_the_same_keys_and_forms(services, numbers):
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.phone_key(n), app.phone_forms(n),"
            " ARRAY(SELECT app.phone_key(form) FROM unnest(app.phone_forms(n)) AS form)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS t (n, spot) ORDER BY spot",
            (numbers,),
        ).fetchall()
    for number, (key, forms, keys) in zip(numbers, rows, strict=True):
        assert key == phones.key(number)
        assert number in forms
        assert set(keys) == {key}


def _with_trunk(number: str, zeros: str) -> str:
    code = phonenumbers.parse(number).country_code
    return f"+{code}{zeros}{number[1 + len(str(code)) :]}"


def _mobiles() -> Iterator[str]:
    """Yield one number of every country whose trunk prefix is 0, and of the eighteen."""
    yield from (number for _, _, number in COUNTRIES)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        known = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
        if known is not None and known.national_prefix == "0":
            number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
            if number is not None:
                yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def test_functions_and_the_database_read_a_trunk_zero_in_the_same_way(services):
    spelt = {_with_trunk(number, "0"): number for number in _mobiles()}
    read = {text: normalize(text, "EG") for text in spelt}
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT text, app.phone_without_trunk(text), app.phone_key(text) FROM unnest(%s::text[]) AS text",
            (list(spelt),),
        ).fetchall()
    assert {text: (phones.without_trunk(text), phones.key(text)) for text in spelt} == {
        text: (written, key) for text, written, key in rows
    }
    stored = {text: written for text, written, _ in rows}
    kept = {text for text, written in stored.items() if written == text}
    assert len(kept) <= 6, kept
    assert {text: read[text] for text in spelt if text not in kept} == {
        text: phones._official(stored[text]) for text in spelt if text not in kept
    }


@pytest.mark.parametrize(("region", "national", "number"), COUNTRIES)
@pytest.mark.parametrize("zeros", ["0", "00"])
def test_zeros_before_a_number_of_the_eighteen_countries_are_none_of_it(region, national, number, zeros):
    spelt = _with_trunk(number, zeros)
    assert phones.without_trunk(spelt) == number
    assert normalize(spelt, region) == number


@pytest.mark.parametrize("number", ["+390612345678", "+3780549123456", "+2250712345678", "+242061234567"])
def test_a_zero_that_is_part_of_a_number_stays(number):
    assert phones.without_trunk(number) == number


@given(number=E164 | TWO_FORMS)
@example(number="+559091000000")
def test_a_number_is_read_as_itself_when_read_again(number):
    once = normalize(number, "EG")
    assert once is None or normalize(once, "SA") == once
