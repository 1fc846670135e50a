"""Refresh tokens: opaque, and stored only as digests.

Each is derived from the one before it by a key that only this host has: when a client presents a spent token, because
the answer was lost, its successor can be computed again although it is not stored.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from shared.runtime.settings import settings

_BYTES = 32
_MOST_STEPS = 64
"""The most rotations of one session within the reuse interval."""


def new() -> str:
    return secrets.token_urlsafe(_BYTES)


def successor(raw: str) -> str:
    key = settings().pepper.get_secret_value().encode()
    derived = hmac.new(key, b"refresh token after " + raw.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(derived).rstrip(b"=").decode()


def digest(raw: str) -> str:
    """Return the digest for the database; the token is random enough to need no salt."""
    return hashlib.sha256(raw.encode()).hexdigest()


def successor_by_digest(raw: str, *, stored: str) -> str | None:
    """Return the later token, after any number of steps, with the stored digest."""
    for _ in range(_MOST_STEPS):
        raw = successor(raw)
        if digest(raw) == stored:
            return raw
    return None
