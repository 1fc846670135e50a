"""Bearer tokens by secrets, keys and sets of keys."""

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared.platform.rest.errors import RestRefusal
from shared.platform.rest.settings import RestSettings
from shared.platform.rest.tokens import SecretError, Tokens
from tests.support.supports import supports

SECRET = "sixty-four characters at least, so that each of the HS algorithms is content"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_JWK = {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "curve"}
RSA_JWK = {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "large"}
OCT_JWK = {"kty": "oct", "k": base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")}


def tokens(secret: str | None = SECRET, **settings) -> Tokens:
    return Tokens(RestSettings(jwt_secret=secret, anonymous_role="anon", **settings))


def refused(verifier: Tokens, token: str) -> RestRefusal:
    with pytest.raises(RestRefusal) as raised:
        verifier.caller(f"Bearer {token}")
    return raised.value


def signed(claims: dict[str, object]) -> str:
    """Return a token of these claims; its times are given as seconds from now."""
    stamped = {
        name: time.time() + value if type(value) is int and name != "aud" else value for name, value in claims.items()
    }
    return jwt.api_jws.encode(json.dumps({"role": "me", **stamped}).encode(), SECRET, "HS256")


@supports("Callers", "tokens signed by a secret, a JWK or a JWKS; `exp`, `nbf`, `iat`, `aud`")
@pytest.mark.parametrize(
    ("secret", "key", "algorithm", "kid"),
    [
        (SECRET, SECRET, "HS256", None),
        (SECRET, SECRET, "HS512", None),
        (json.dumps(OCT_JWK), SECRET, "HS256", None),
        (json.dumps(EC_JWK), EC_KEY, "ES256", None),
        (json.dumps({"keys": [RSA_JWK, EC_JWK]}), EC_KEY, "ES256", "curve"),
        (json.dumps({"keys": [EC_JWK, RSA_JWK]}), RSA_KEY, "RS256", "large"),
        (json.dumps({"keys": [EC_JWK, RSA_JWK]}), RSA_KEY, "PS384", None),
    ],
)
def test_a_token_is_verified_by_the_key_it_was_signed_with(secret, key, algorithm, kid):
    token = jwt.encode({"role": "me", "n": 1}, key, algorithm, headers={"kid": kid} if kid else None)
    caller = tokens(secret).caller(f"bearer {token}")
    assert (caller.role, json.loads(caller.claims), caller.anonymous) == ("me", {"role": "me", "n": 1}, False)


def test_a_secret_may_be_written_in_base64():
    secret = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
    token = jwt.encode({"role": "me"}, SECRET, "HS256")
    assert tokens(secret, jwt_secret_is_base64=True).caller(f"Bearer {token}").role == "me"


@pytest.mark.parametrize("header", [None, "", "Basic YTpi"])
def test_a_request_without_a_token_is_anonymous(header):
    caller = tokens().caller(header)
    assert (caller.role, caller.claims, caller.anonymous) == ("anon", '{"role":"anon"}', True)


@pytest.mark.parametrize("claims", [{"sub": "x"}, {"role": "anon"}])
def test_a_token_of_the_anonymous_role_is_refused(claims):
    caller = tokens().caller(f"Bearer {jwt.encode(claims, SECRET, 'HS256')}")
    assert (caller.role, caller.anonymous) == ("anon", True)


def test_a_role_that_postgres_cannot_even_be_asked_for_is_refused():
    assert refused(tokens(), signed({"role": "a\0b"})).code == "22021"


@pytest.mark.parametrize(
    ("token", "message", "details"),
    [
        ("", "Empty JWT is sent in Authorization header", None),
        ("a.b", "Expected 3 parts in JWT; got 2", None),
        ("a.b.c", "JWT cryptographic operation failed", None),
        (
            jwt.encode({}, "", "none"),
            "Wrong or unsupported encoding algorithm",
            "JWT is unsecured but expected 'alg' was not 'none'",
        ),
        (
            jwt.encode({}, SECRET[::-1], "HS256"),
            "No suitable key or wrong key type",
            "None of the keys was able to decode the JWT",
        ),
        (
            jwt.encode({}, EC_KEY, "ES256"),
            "No suitable key or wrong key type",
            "None of the keys was able to decode the JWT",
        ),
    ],
)
def test_a_token_that_cannot_be_decoded_is_refused(token, message, details):
    refusal = refused(tokens(), token)
    assert (refusal.status, refusal.code, refusal.message, refusal.details) == (401, "PGRST301", message, details)
    told = f'Bearer error="invalid_token", error_description="{message}"'
    assert refusal.headers["WWW-Authenticate"] == told


def test_a_public_key_is_no_shared_secret():
    public = json.dumps(RSA_JWK)
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"HS256"}', b'{"role":"me"}')]
    signature = hmac.digest(public.encode(), b".".join(parts), "sha256")
    forged = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")])
    assert refused(tokens(public), forged.decode()).code == "PGRST301"


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": -31}, "JWT expired"),
        ({"nbf": 600}, "JWT not yet valid"),
        ({"iat": 600}, "JWT issued at future"),
        ({"aud": "others"}, "JWT not in audience"),
        ({"aud": ["others", "them"]}, "JWT not in audience"),
        ({"exp": "soon"}, "The JWT 'exp' claim must be a number"),
        ({"nbf": True}, "The JWT 'nbf' claim must be a number"),
        ({"iat": []}, "The JWT 'iat' claim must be a number"),
        ({"aud": 5}, "The JWT 'aud' claim must be a string or an array of strings"),
    ],
)
def test_claims_that_do_not_hold_are_refused(claims, message):
    refusal = refused(tokens(jwt_audience="us"), signed(claims))
    assert (refusal.status, refusal.code, refusal.message) == (401, "PGRST303", message)


@pytest.mark.parametrize("claims", [{"exp": -5}, {"nbf": 20}, {"aud": ["them", "us"]}, {"aud": []}, {"exp": None}])
def test_claims_that_hold_well_enough_are_taken(claims):
    assert tokens(jwt_audience="us").caller(f"Bearer {signed(claims)}").role == "me"


def test_claims_that_are_no_object_are_refused():
    refusal = refused(tokens(), jwt.api_jws.encode(b"[]", SECRET, "HS256"))
    assert (refusal.code, refusal.message) == ("PGRST303", "Parsing claims failed")


@pytest.mark.parametrize("secret", ["short", '{"kty":"EC"}', '{"keys":5}', "{"])
def test_an_invalid_secret_is_refused_at_the_start(secret):
    with pytest.raises(SecretError):
        tokens(secret)


def test_invalid_base64_is_refused_at_the_start():
    with pytest.raises(SecretError):
        tokens("€" * 40, jwt_secret_is_base64=True)
