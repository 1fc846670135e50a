"""Visible text: every code point in Python and in the database alike, and as Unicode has it."""

import unicodedata

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.visible import is_visible

EVERY = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
BLANK_BY_ITSELF = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0", "\U0001d159"}
"""Fillers and blank signs, of categories that are visible otherwise."""
PREPENDED = {*map(chr, range(0x600, 0x606)), *"\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"}
"""Signs around or above numbers: formats that leave a mark (Prepended_Concatenation_Mark)."""
UNASSIGNED_IGNORABLES = {"\u2065", *map(chr, range(0xFFF0, 0xFFF9)), *map(chr, range(0xE0000, 0xE1000))}


def is_noncharacter(letter):
    return ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "٣",
        "-",
        "🧿",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🇪🇬",
        "👨\u200d👩\u200d👧",
        "مُحَمَّد",
        "ที่",
        "\u200b.\u200b",
        "\u202ea",
        "ـ",
        "\u06dd",
        "\u0600",
    ],
)
def test_text_with_a_visible_character_is_visible(text):
    assert is_visible(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\u00a0\u3000\t\r\n", "\u00ad", "\u2063", "\u180e", "\u115f\u1160", "\u3164", "\uffa0", "\u2800",
        "\u200b\u200c\u200d\u200e\u200f", "\u202e\u2066\u2069", "\u2060\u2061\u2062\u2063\u2064", "\ufeff", "\u034f",
        "\U000e0001\U000e0061\U000e007f", "\u0301", "\u064b\u0651", "\u20e3", "\U0001d159", "\ufe0f", "\ue000",
        "\x00\x7f", "\ud800",
    ],
)  # fmt: skip
def test_text_without_a_visible_character_is_invisible(text):
    assert not is_visible(text)


def test_every_letter_that_this_python_knows_is_as_unicode_says():
    def seen(letter):
        kind = unicodedata.category(letter)
        hidden = kind[0] in "MZ" or kind in {"Cc", "Cf", "Co"} or is_noncharacter(letter) or letter in BLANK_BY_ITSELF
        return letter in PREPENDED or not hidden

    known = [each for each in EVERY if unicodedata.category(each) != "Cn" or is_noncharacter(each)]
    assert [hex(ord(each)) for each in known if is_visible(each) != seen(each)] == []
    assert not any(map(is_visible, UNASSIGNED_IGNORABLES))


def test_the_database_agrees_on_every_code_point(services):
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.is_visible(letter) FROM unnest(%s::text[]) WITH ORDINALITY AS t (letter, spot) ORDER BY spot",
            (EVERY,),
        ).fetchall()
    told = [(hex(ord(each)), seen) for each, (seen,) in zip(EVERY, rows, strict=True)]
    assert told == [(hex(ord(each)), is_visible(each)) for each in EVERY]


HIDDEN = [each for each in EVERY if not is_visible(each)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.sampled_from(HIDDEN)) | st.text(st.sampled_from([*HIDDEN[:400], "a", "م", "🧿"])), min_size=20
    )
)
def test_the_database_agrees_on_mixes(services, texts):
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.is_visible(text), app.are_visible(ARRAY[text]) FROM unnest(%s::text[]) WITH ORDINALITY"
            " AS t (text, spot) ORDER BY spot",
            (texts,),
        )
        assert rows.fetchall() == [(is_visible(text), is_visible(text)) for text in texts]
