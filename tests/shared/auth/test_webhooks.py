"""Signatures of webhooks: over the raw bytes, by any of the secrets, and nothing else passes."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.auth import webhooks
from shared.auth.webhooks import sign_meta, verified_challenge, verify_meta
from shared.runtime.settings import settings
from tests.support.graph import VERIFY_TOKEN

RAW = b'{"object":"page","text":"\\u0623\\u0647\\u0644\\u0627"}'


def test_the_signature_is_metas():
    expected = "sha256=" + hmac.new(b"secret", RAW, hashlib.sha256).hexdigest()
    assert sign_meta(RAW, "secret") == expected


def test_verification_returns_which_secret_signed():
    assert verify_meta(RAW, sign_meta(RAW, "new"), ["new", "old"]) == 0
    assert verify_meta(RAW, sign_meta(RAW, "old"), ["new", "old"]) == 1


@pytest.mark.parametrize(
    "header",
    [None, "", "sha256=", "sha1=" + "0" * 64, "0" * 64, "sha256=" + "0" * 64, "sha256=" + "ö" * 64, "sha256=sha256="],
)
def test_anything_else_is_refused(header):
    assert verify_meta(RAW, header, ["secret"]) is None


def test_no_secret_means_no_webhook():
    assert verify_meta(RAW, sign_meta(RAW, ""), []) is None
    assert verify_meta(RAW, sign_meta(RAW, ""), [""]) is None


def test_a_body_that_was_read_and_written_again_has_another_signature():
    again = json.dumps(json.loads(RAW), ensure_ascii=False).encode()
    assert verify_meta(again, sign_meta(RAW, "secret"), ["secret"]) is None


def test_upper_case_is_another_signature():
    assert verify_meta(RAW, "sha256=" + sign_meta(RAW, "secret")[7:].upper(), ["secret"]) is None


@given(raw=st.binary(max_size=300), place=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_every_digit_counts(raw, place, digit):
    good = sign_meta(raw, "secret")
    bad = good[: 7 + place] + digit + good[8 + place :]
    assert (verify_meta(raw, bad, ["secret"]) is not None) == (bad == good)


@given(raw=st.binary(min_size=1, max_size=300), place=st.integers(0), bit=st.integers(0, 7))
def test_every_bit_of_the_body_counts(raw, place, bit):
    changed = bytearray(raw)
    changed[place % len(raw)] ^= 1 << bit
    assert verify_meta(bytes(changed), sign_meta(raw, "secret"), ["secret"]) is None


@pytest.mark.parametrize(
    ("mode", "token", "expected"),
    [
        ("subscribe", VERIFY_TOKEN, "1158201444"),
        ("subscribe", VERIFY_TOKEN + "x", None),
        ("subscribe", "", None),
        ("subscribe", None, None),
        ("unsubscribe", VERIFY_TOKEN, None),
        (None, VERIFY_TOKEN, None),
    ],
)
def test_a_challenge_is_returned_for_the_right_token_only(base_url, mode, token, expected):
    assert verified_challenge(mode, token, "1158201444") == expected


def test_without_a_token_of_our_own_nobody_is_verified(base_url, monkeypatch):
    monkeypatch.setattr(webhooks, "settings", lambda: replace(settings(), meta_verify_token=None))
    assert verified_challenge("subscribe", "", "1") is None
    assert verified_challenge("subscribe", "None", "1") is None


def test_secrets_are_separated_by_commas(base_url):
    assert webhooks.meta_app_secrets() == ["test-app-secret", "second-app-secret"]
