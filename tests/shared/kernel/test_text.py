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
