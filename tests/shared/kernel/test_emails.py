"""E-mail addresses as people write them, and their twin in the database."""

import re

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.emails import _LETTERS, clean, is_address

GOOD = [
    "mona@example.com", "MONA.adel+shop@mail.example.co.uk", "o'neil_7@ex-ample.com", "منى@مثال.com",
    "josé@example.com", "a/b=c{d}|e~f@example.com", "мона@пример.example", "用户@例子.example",
]  # fmt: skip
SPELT = ["mailto:{}", " {} ", "<{}>", "{}.", "{}،", "{}؛", "\u200e{}\u200f", "MAILTO:<{}>;", "{}\u3164", "\u3000{}"]
NONE = [
    "({})", "'{}'", '"{}"', "{}?subject=x", "mailto:mailto:{}", "{}/", "{}@example.com", "a b{}", ".{}",
    "x..{}", "«{}»", "{}-", "{}..x", "{}\u2800", "\u2800{}", "{})", "{}!",
]  # fmt: skip
WRONG = [
    "", "@", "a@", "@b.example", "a@.com", "a@c..com", "a@c", "a.@c.example", "a@-c.example", "a@c-.example",
    "a@c_d.example", "dup.test@EXAMPLE\u3002com", "a\u0640b@c.example", "٢@c.example", "a@c.example\n@d.example",
]  # fmt: skip
PARTS = st.sampled_from(
    [*"aZ0.@-_'+!? \t\n\x1c\x85<>;:,()\"\\،؛ءمé用Ж\u0301\u064b\u00a0\u1680\u2003\u3002\uff0e\uff20\u200f\u3164\u2800",
     "mailto:", "MailTo:", "example.com", "\U0001f600"]
)  # fmt: skip
WRITTEN = st.lists(PARTS, max_size=12).map("".join) | st.emails()


def _is_read(text):
    return is_address(clean(text))


@pytest.mark.parametrize("address", GOOD)
def test_an_address_is_one_in_all_its_spellings(address):
    assert {clean(each.format(address)) for each in SPELT} == {address}
    assert is_address(address)


@pytest.mark.parametrize("text", [*(each.format("dup.test@example.com") for each in NONE), *WRONG])
def test_a_malformed_address_is_not_read(text):
    assert not _is_read(text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(WRITTEN, min_size=20, max_size=40))
def test_the_database_reads_addresses_alike(services, texts):
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.clean_email(text), app.is_email(app.clean_email(text))"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, spot) ORDER BY spot",
            (texts,),
        )
        assert rows.fetchall() == [(clean(text), _is_read(text)) for text in texts]


def test_the_database_has_the_same_examples(services):
    texts = [*GOOD, *WRONG, *(each.format("a@example.com") for each in [*SPELT, *NONE])]
    with psycopg.connect(services.admin_url) as db:
        rows = db.execute(
            "SELECT app.is_email(app.clean_email(text)) FROM unnest(%s::text[]) WITH ORDINALITY AS t (text, spot)"
            " ORDER BY spot",
            (texts,),
        )
        assert [each for (each,) in rows] == [_is_read(text) for text in texts]


def test_the_database_has_the_same_letters(services):
    with psycopg.connect(services.admin_url) as db:
        letters = "".join(each for (each,) in db.execute("SELECT app.email_letters()"))
    assert re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), letters) == _LETTERS
