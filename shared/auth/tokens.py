"""JSON Web Tokens: signed with our key, verified with the published keys, cached until they expire.

PyJWT and cryptography are loaded at their first use: a request without a token does not wait for them, and the key
exchange loads them while bcrypt computes.
"""

import hashlib
import time
from collections import OrderedDict
from functools import cache
from typing import Any

import msgspec

from shared.kernel.errors import InvalidToken
from shared.runtime.jwt_library import jwt
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal, principal_of

AUDIENCE = "authenticated"
_LEEWAY_S = 10
_MOST_CACHED = 4096
_LONGEST_BYTES = 8192


class _Keys(msgspec.Struct, frozen=True):
    signing: Any
    signing_headers: dict[str, str]
    algorithm: str
    by_kid: dict[str, Any]


@cache
def _keys() -> _Keys:
    chosen = settings()
    public = {jwk["kid"]: jwt.PyJWK(jwk, algorithm="ES256").key for jwk in msgspec.json.decode(chosen.jwt_jwks)["keys"]}
    if chosen.jwt_algorithm == "HS256":
        secret = chosen.jwt_secret.get_secret_value() if chosen.jwt_secret else None
        return _Keys(secret, {}, "HS256", public)
    if chosen.jwt_private_jwk is None:
        return _Keys(None, {}, "ES256", public)
    private = msgspec.json.decode(chosen.jwt_private_jwk.get_secret_value())
    return _Keys(jwt.PyJWK(private, algorithm="ES256").key, {"kid": private["kid"]}, "ES256", public)


async def warm() -> None:
    """Load the keys while the caller waits for something else."""
    _keys()


def issuer() -> str:
    return f"{settings().base_url}/auth/v1"


def mint(claims: dict[str, Any], *, ttl_s: int) -> str:
    """Return a token of these claims with iss, aud, iat and exp added.

    Raises:
        RuntimeError: on a host without a signing key.
    """
    keys = _keys()
    if keys.signing is None:
        raise RuntimeError("this host has no signing key: set NEXUS_JWT_PRIVATE_JWK or NEXUS_JWT_SECRET")
    now = int(time.time())
    stamped = {"iss": issuer(), "aud": AUDIENCE, "iat": now, "exp": now + ttl_s, **claims}
    return jwt.encode(stamped, keys.signing, algorithm=keys.algorithm, headers=keys.signing_headers)


class _Cached(msgspec.Struct, frozen=True):
    principal: Principal
    until: float


_verified: OrderedDict[bytes, _Cached] = OrderedDict()


def verify(token: str) -> Principal:
    """Return the caller. The database, not this function, refuses a revoked key: at the start of every transaction.

    Raises:
        InvalidToken: for a token that is forged, expired, for another audience, or without our claims.
    """
    if len(token) > _LONGEST_BYTES or not token.isascii():
        raise InvalidToken
    digest = hashlib.sha256(token.encode()).digest()
    known = _verified.get(digest)
    if known is not None:
        if known.until > time.time():
            return known.principal
        del _verified[digest]
        raise InvalidToken
    claims = _verify(token)
    try:
        principal = principal_of(claims)
    except (KeyError, ValueError, TypeError, AttributeError, msgspec.ValidationError) as fault:
        raise InvalidToken from fault
    _verified[digest] = _Cached(principal, claims["exp"])
    if len(_verified) > _MOST_CACHED:
        _verified.popitem(last=False)
    return principal


def _verify(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        # The key decides the algorithm; the algorithm in the header is only compared.
        key, algorithm = _key_of(header)
        legacy = algorithm == "HS256"
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=AUDIENCE,
            issuer=issuer(),
            leeway=_LEEWAY_S,
            options={
                "require": ["exp"] if legacy else ["exp", "iat", "iss", "aud", "sub"],
                # The legacy anon and service_role keys are tokens of the project secret without audience.
                "verify_aud": not legacy,
                "verify_iss": not legacy,
            },
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as fault:
        raise InvalidToken from fault
    if type(claims["exp"]) is not int or not (legacy or claims.get("role") == "authenticated"):
        raise InvalidToken
    if claims.get("role") == "authenticated" and (claims.get("aud"), claims.get("iss")) != (AUDIENCE, issuer()):
        raise InvalidToken
    return claims


def _key_of(header: dict[str, Any]) -> tuple[Any, str]:
    kid = header.get("kid")
    if isinstance(kid, str) and kid in _keys().by_kid:
        return _keys().by_kid[kid], "ES256"
    secret = settings().jwt_secret
    if secret is None:
        raise InvalidToken
    return secret.get_secret_value(), "HS256"
