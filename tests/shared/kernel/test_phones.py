import pytest

from shared.kernel.phones import normalize


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("01012345678", "EG", "+201012345678"),
        ("٠١٠ ١٢٣٤ ٥٦٧٨", "EG", "+201012345678"),
        ("+20 (10) 1234-5678", "SA", "+201012345678"),
        ("00201012345678", "KW", "+201012345678"),
        ("201012345678", "EG", "+201012345678"),
        ("0501234567", "SA", "+966501234567"),
        ("9988 7766", "KW", "+96599887766"),
        ("02 2735 1234", "EG", "+20227351234"),
        ("1234567", "EG", None),
        ("123", "EG", None),
        ("call me", "EG", None),
        ("01012345678 ext 5", "EG", None),
        ("+999123456789", "EG", None),
        ("+" + "1" * 40, "EG", None),
        ("", "EG", None),
    ],
)
def test_phone_numbers_are_brought_to_e164(raw, region, number):
    assert normalize(raw, region) == number
