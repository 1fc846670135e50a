"""The settings of a peer, from the environment that bench.servers gives it."""

import json
import os
from functools import cache
from typing import Any

import jwt

AUDIENCE = "authenticated"
POOL_SIZE = 8
"""As many connections as a function of Nexus has."""


def database_url() -> str:
    return os.environ["BENCH_DATABASE_URL"]


def issuer() -> str:
    return os.environ["BENCH_ISSUER"]


@cache
def public_key() -> Any:
    """Return the only key that verifies tokens."""
    return jwt.PyJWK(json.loads(os.environ["BENCH_JWKS"])["keys"][0], algorithm="ES256").key


def verify(token: str) -> dict[str, Any]:
    """Return the claims.

    Raises:
        jwt.PyJWTError: for a foreign or expired token.
    """
    claims: dict[str, Any] = jwt.decode(token, public_key(), algorithms=["ES256"], audience=AUDIENCE, issuer=issuer())
    return claims
