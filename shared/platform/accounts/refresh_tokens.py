"""Refresh tokens: opaque, and kept only as digests.

Each follows from the one before it under a key that only this host has: when a client presents a spent token because
it never got the answer, its successor can be given again although no copy of it was kept.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from shared.runtime.settings import settings

_BYTES = 32
_MOST_STEPS = 64
"""More rotations than one session makes within the reuse interval."""


def new() -> str:
    return secrets.token_urlsafe(_BYTES)


def successor(raw: str) -> str:
    key = settings().pepper.get_secret_value().encode()
    made = hmac.new(key, b"refresh token after " + raw.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def digest(raw: str) -> str:
    """What the database keeps; the token is random enough to need no salt."""
    return hashlib.sha256(raw.encode()).hexdigest()


def later(raw: str, *, kept: str) -> str | None:
    """The successor, near or far, that was kept as that digest."""
    for _ in range(_MOST_STEPS):
        raw = successor(raw)
        if digest(raw) == kept:
            return raw
    return None
