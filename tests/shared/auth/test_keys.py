"""The form of an agent's key."""

import re

import pytest

from shared.auth.keys import ALPHABET, is_key, new_key, prefix_of

KEY = "nxs_ak_" + "aB3" * 16


def test_a_new_key_has_the_form_and_a_prefix_of_fifteen_characters():
    made = [new_key() for _ in range(50)]
    assert all(re.fullmatch(r"nxs_ak_[A-Za-z0-9]{48}", key.raw) and is_key(key.raw) for key in made)
    assert all(key.prefix == key.raw[:15] == prefix_of(key.raw) for key in made)
    assert len({key.raw for key in made}) == 50


def test_every_letter_and_digit_may_stand_in_a_key():
    assert set("".join(new_key().raw[7:] for _ in range(400))) == set(ALPHABET)


@pytest.mark.parametrize(
    "text",
    ["", KEY[:-1], KEY + "a", KEY.upper(), f" {KEY}", f"{KEY}\n", KEY[:-1] + "-", KEY[:-1] + "é", "sb_ak_" + KEY[7:]],
)
def test_a_key_that_differs_in_one_place_is_no_key(text):
    assert is_key(KEY)
    assert not is_key(text)
