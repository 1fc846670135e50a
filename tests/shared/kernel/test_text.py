"""The two spellings of one rule, in Python and in SQL."""

import unicodedata

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.text import code_key, fold

KNOWN = st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0").filter(
    lambda letter: unicodedata.ucd_3_2_0.category(letter) != "Cn"
)
"""Letters that every Unicode version of the last twenty years has: Python's and the server's may differ."""
ALL = [chr(point) for point in range(1, 0x110000) if not 0xD800 <= point < 0xE000]
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u17b4\u180b\u180e\u200b\u200d\u2060\u2064\u206a\u2800\u3164\ufe0f\ufeff\uffa0"
    "\U000e0041\U000e0100\x01\x1f\x7f\x9f"
)
SPELT = st.text(alphabet="أإآٱىةؤئیکςΣİßﬁﷺـًّ٠۹ \t\n\u00a0\u200f\u3000\x1c\x85éÅabc")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  مُحَمَّدٌ  ", "محمد"),
        ("أحـــمد", "احمد"),
        ("فاطمة", "فاطمه"),
        ("مصطفى", "مصطفي"),
        ("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹", "0123456789 0123456789"),
        ("José  ÁLVAREZ", "jose alvarez"),
        ("ﷺ", "صلي الله عليه وسلم"),
        ("", ""),
    ],
)
def test_one_spelling_for_many(text, folded):
    assert fold(text) == folded


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(alphabet=KNOWN) | SPELT, min_size=20, max_size=60))
def test_the_database_folds_letter_for_letter_alike(services, texts):
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.fold(text), app.code_key(text)"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, spot) ORDER BY spot",
            (texts,),
        )
        assert rows.fetchall() == [(fold(text), code_key(text)) for text in texts]


@given(text=st.text(alphabet=KNOWN) | SPELT)
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def test_every_dash_of_unicode_is_a_hyphen_in_a_code():
    dashes = [letter for letter in ALL if unicodedata.category(letter) == "Pd"] + list("\u2212\u207b\u208b\u2043")
    assert len(dashes) > 25
    assert {letter: code_key(f"AB{letter}12") for letter in dashes} == dict.fromkeys(dashes, "ab-12")


def test_invisible_characters_and_blanks_make_no_other_code():
    marks = [letter for letter in ALL if unicodedata.category(letter) in {"Zs", "Zl", "Zp", "Cc"}] + list(UNSEEN)
    assert {letter: code_key(f"AB{letter}12{letter}") for letter in marks} == dict.fromkeys(marks, "ab12")


@pytest.mark.parametrize(
    "spelt",
    [
        "ab-12",
        "\uff21\uff22\uff0d\uff11\uff12",
        "AB-\u0661\u0662",
        "Ab\u2011\u06f1\u06f2",
        "\u00c1B-\u00b9\u00b2",
        "AB\ufe63\u2460\u2461",
    ],
)
def test_letters_and_digits_of_other_shapes_are_the_same_code(spelt):
    assert code_key(spelt) == "ab-12"


@pytest.mark.parametrize("other", ["AB/12", "AB_12", "AB.12", "AB12", "AB--12", "AB~12", "AB\\12", "AB+12", "12-AB"])
def test_other_marks_make_another_code(other):
    assert code_key(other) != code_key("AB-12")


def test_the_database_keys_every_letter_alike(services):
    """Of those that every Unicode version of the last twenty years has, and of the dashes and marks that came later."""
    known = [letter for letter in ALL if unicodedata.ucd_3_2_0.category(letter) not in {"Cn", "Co"}]
    later = [letter for letter in ALL if unicodedata.category(letter) in {"Pd", "Cf"}] + list(UNSEEN)
    texts = [f"{letter}A{letter} -1" for letter in known + later]
    sql = "SELECT app.code_key(text) FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, spot) ORDER BY spot"
    with psycopg.connect(services.admin_url) as db:
        keys = [key for (key,) in db.execute(sql, (texts,))]
    assert [text for text, key in zip(texts, keys, strict=True) if key != code_key(text)] == []


@given(text=st.text(alphabet=KNOWN) | SPELT)
def test_the_key_of_a_key_is_itself(text):
    assert code_key(code_key(text)) == code_key(text)
