"""Callers from bearer tokens, for a host of the interface without a sign-in of its own."""

import base64
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jwt
import msgspec

from . import errors
from .caller import Caller
from .settings import RestSettings

_SKEW_S = 30
_REMEMBERED = 1024
_SHORTEST_SECRET = 32
_PARTS = 3
_SYMMETRIC = ("HS256", "HS384", "HS512")
_BY_KIND = {"oct": _SYMMETRIC, "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "OKP": ("EdDSA",)}
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "secp256k1": "ES256K"}
_STEP = re.compile(r'\.?"((?:[^"\\]|\\.)*)"|\.([A-Za-z0-9_$@-]+)|\[(\d+)\]')
_UNDECIDED = "None of the keys was able to decode the JWT"


class SecretError(ValueError):
    """The settings hold no usable secret, or no readable path to the role; the message says which."""


class _Key(NamedTuple):
    kid: str | None
    key: Any
    algorithms: tuple[str, ...]


class Tokens:
    """Verifies tokens by the keys of the settings; remembers a token after it has checked the signature."""

    def __init__(self, settings: RestSettings) -> None:
        """Read the keys and the path to the role.

        Raises:
            SecretError: for either that is not readable.
        """
        self._settings = settings
        self._keys = _keys(settings)
        self._role_path = role_path(settings.jwt_role_claim_key)
        self._claims = lru_cache(_REMEMBERED)(self._decoded)

    def caller(self, authorization: str | None) -> Caller:
        """Return the caller with the token's role, or the anonymous one where there is no token.

        Raises:
            RestRefusal: PGRST300 to 303.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return self._of({})
        if not self._keys:
            raise errors.no_jwt_secret()
        claims = self._claims(token.strip())
        _check(claims, self._settings.jwt_audience)
        return self._of(claims)

    def _of(self, claims: dict[str, Any]) -> Caller:
        found = _walk(claims, self._role_path)
        role = found if isinstance(found, str) or found is None else msgspec.json.encode(found).decode()
        role = role or self._settings.anonymous_role
        if role is None:
            raise errors.no_anonymous()
        if "\0" in role:
            raise errors.has_nul()
        anonymous = role == self._settings.anonymous_role
        return Caller(role, msgspec.json.encode({**claims, "role": role}).decode(), anonymous=anonymous)

    def _decoded(self, token: str) -> dict[str, Any]:
        """Return the claims of a token whose signature is right; check nothing else."""
        if not token:
            raise errors.bad_token("Empty JWT is sent in Authorization header")
        parts = len(token.split("."))
        if parts != _PARTS:
            raise errors.bad_token(f"Expected {_PARTS} parts in JWT; got {parts}")
        algorithm, kid = _header(token)
        for key in self._keys:
            if algorithm in key.algorithms and (kid is None or key.kid is None or key.kid == kid):
                payload = _payload(token, key.key, algorithm)
                if payload is not None:
                    return _object(payload)
        raise errors.bad_token("No suitable key or wrong key type", _UNDECIDED)


def role_path(text: str) -> tuple[str | int, ...]:
    """Parse `.app_metadata."my roles"[0]` into keys and indexes.

    Raises:
        SecretError: for what is no path.
    """
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise SecretError(f"the path to the role cannot be read: {text}")
        steps.append(int(found[3]) if found[3] is not None else found[2] or found[1].replace('\\"', '"'))
        at = found.end()
    return tuple(steps)


def _keys(settings: RestSettings) -> list[_Key]:
    secret = settings.jwt_secret
    if not secret:
        return []
    if settings.jwt_secret_is_base64:
        return [_shared(_unbased(secret))]
    if not secret.lstrip().startswith("{"):
        return [_shared(secret.encode())]
    try:
        decoded = msgspec.json.decode(secret)
        return [_public(jwk) for jwk in decoded.get("keys", [decoded])]
    except (msgspec.DecodeError, jwt.PyJWTError, AttributeError, ValueError, TypeError) as fault:
        raise SecretError("the JWT secret is neither a JWK nor a JWKS") from fault


def _shared(secret: bytes) -> _Key:
    if len(secret) < _SHORTEST_SECRET:
        raise SecretError(f"the JWT secret must be at least {_SHORTEST_SECRET} characters long")
    return _Key(None, secret, _SYMMETRIC)


def _unbased(secret: str) -> bytes:
    text = secret.strip().replace("-", "+").replace("_", "/").replace(".", "=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as fault:
        raise SecretError("the JWT secret is not written in base64") from fault


def _public(jwk: dict[str, Any]) -> _Key:
    curve = _BY_CURVE.get(jwk.get("crv", ""))
    algorithms = (curve,) if curve and jwk.get("kty") == "EC" else _BY_KIND.get(jwk.get("kty", ""), ())
    if "alg" in jwk:
        algorithms = tuple(algorithm for algorithm in algorithms if algorithm == jwk["alg"])
    if not algorithms:
        raise SecretError(f"no algorithm is known for a JWK of kty {jwk.get('kty')}")
    return _Key(jwk.get("kid"), jwt.PyJWK(jwk, algorithm=algorithms[0]).key, algorithms)


def _header(token: str) -> tuple[str, str | None]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise errors.bad_token("JWT cryptographic operation failed") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm.lower() == "none":
        message = "Wrong or unsupported encoding algorithm"
        raise errors.bad_token(message, "JWT is unsecured but expected 'alg' was not 'none'")
    return algorithm, kid if isinstance(kid, str) else None


def _payload(token: str, key: Any, algorithm: str) -> bytes | None:
    """Return the payload; None where the signature is not this key's."""
    try:
        payload: bytes = jwt.api_jws.decode(token, key, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError):
        return None
    return payload


def _object(payload: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise errors.bad_claims("Parsing claims failed") from None


def _check(claims: dict[str, Any], audience: str | None) -> None:
    now = time.time()
    if (expires := _moment(claims, "exp")) is not None and expires < now - _SKEW_S:
        raise errors.bad_claims("JWT expired")
    if (begins := _moment(claims, "nbf")) is not None and begins > now + _SKEW_S:
        raise errors.bad_claims("JWT not yet valid")
    if (issued := _moment(claims, "iat")) is not None and issued > now + _SKEW_S:
        raise errors.bad_claims("JWT issued at future")
    audiences = list(_audiences(claims.get("aud")))
    if audience is not None and audiences and audience not in audiences:
        raise errors.bad_claims("JWT not in audience")


def _moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise errors.bad_claims(f"The JWT '{name}' claim must be a number")
    return value


def _audiences(claim: Any) -> Iterator[str]:
    audiences = claim if isinstance(claim, list) else [] if claim is None else [claim]
    for audience in audiences:
        if not isinstance(audience, str):
            raise errors.bad_claims("The JWT 'aud' claim must be a string or an array of strings")
        yield audience


def _walk(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return None
    return value
