"""Signatures of incoming webhooks: over the raw bytes, compared in constant time, with any of several secrets."""

import hashlib
import hmac
from collections.abc import Sequence

from shared.runtime.settings import settings

_START = "sha256="
_HEX_LENGTH = 64


def meta_app_secrets() -> list[str]:
    """Return the secrets that may sign; Meta does not say which app's secret signs for an Instagram login."""
    secrets = settings().meta_app_secrets
    return [secret for text in secrets.get_secret_value().split(",") if (secret := text.strip())] if secrets else []


def sign_meta(raw: bytes, secret: str) -> str:
    """Return the value of X-Hub-Signature-256."""
    return _START + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def verify_meta(raw: bytes, header: str | None, secrets: Sequence[str]) -> int | None:
    """Return the index of the secret that signed these bytes, None if none did."""
    given = (header or "").removeprefix(_START)
    if not header or given == header or len(given) != _HEX_LENGTH or not given.isascii():
        return None
    matched = None
    for number, secret in enumerate(secrets):
        if secret and hmac.compare_digest(_START + given, sign_meta(raw, secret)):
            matched = number if matched is None else matched
    return matched


def verified_challenge(mode: str | None, token: str | None, challenge: str | None) -> str | None:
    """Return the challenge to answer as plain text if the request is Meta's, otherwise None."""
    verify_token = settings().meta_verify_token
    expected = verify_token.get_secret_value() if verify_token else ""
    if not expected or mode != "subscribe" or token is None or challenge is None:
        return None
    return challenge if hmac.compare_digest(token.encode(), expected.encode()) else None
