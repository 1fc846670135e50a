"""Whatever is sent as a token and is not one of ours is 401 invalid_token, and never a fault of ours."""

import base64
import contextlib
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from shared.auth import tokens
from shared.kernel.errors import InvalidToken
from shared.runtime.settings import settings

pytestmark = pytest.mark.anyio


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def private(base_url):
    """Our own signing key, and the headers that go with it."""
    secret = settings().jwt_private_jwk
    assert secret
    jwk = msgspec.json.decode(secret.get_secret_value())
    return jwt.PyJWK(jwk, algorithm="ES256").key, {"kid": jwk["kid"]}


@pytest.fixture
def claims(org, base_url) -> dict[str, Any]:
    """Those of a good token."""
    said: dict[str, Any] = json.loads(tokens.verify(org.agent("read").token).claims)
    return said


@pytest.fixture
def signed(private, claims):
    """A token signed with our own key, whose claims (None takes one away) and headers say something else."""

    def make(headers=None, **changed):
        said = {name: value for name, value in (claims | changed).items() if value is not None}
        body = f"{encoded({'alg': 'ES256', 'typ': 'JWT', **private[1], **(headers or {})})}.{encoded(said)}"
        signer = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        return f"{body}.{encoded(signer.sign(body.encode(), private[0]))}"

    return make


def forgeries(claims: dict[str, Any], kid: str, public: Any) -> dict[str, str]:
    """Tokens of good claims that nobody signed, or somebody else."""
    head = {"alg": "ES256", "kid": kid}
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    x962 = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    jwks = settings().jwt_jwks.encode()
    secret = settings().jwt_secret
    legacy = secret.get_secret_value().encode() if secret else b"no legacy secret is set"

    def by_hmac(secret: bytes, **more: Any) -> str:
        body = f"{encoded({'alg': 'HS256', **more})}.{encoded(claims)}"
        return f"{body}.{encoded(hmac.digest(secret, body.encode(), hashlib.sha256))}"

    stranger, other = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2048)
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(stranger.public_key()))
    return {
        "alg none": f"{encoded({'alg': 'none'})}.{encoded(claims)}.",
        "alg None with our kid": f"{encoded({'alg': 'None', 'kid': kid})}.{encoded(claims)}.",
        "no signature": f"{encoded(head)}.{encoded(claims)}.",
        "a signature of zeros": f"{encoded(head)}.{encoded(claims)}.{encoded(bytes(64))}",
        "HS256 with the public key as PEM": by_hmac(pem),
        "HS256 with the public key as PEM under our kid": by_hmac(pem, kid=kid),
        "HS256 with the public point": by_hmac(x962, kid=kid),
        "HS256 with the published JWKS": by_hmac(jwks, kid=kid),
        "HS256 with an empty secret": by_hmac(b""),
        "HS256 with our kid and the legacy secret": by_hmac(legacy, kid=kid),
        "another EC key under our kid": jwt.encode(claims, stranger, "ES256", {"kid": kid}),
        "another EC key without kid": jwt.encode(claims, stranger, "ES256"),
        "another EC key that brings itself along": jwt.encode(claims, stranger, "ES256", {"kid": kid, "jwk": jwk}),
        "RS256 under our kid": jwt.encode(claims, other, "RS256", {"kid": kid}),
        "a key of elsewhere": jwt.encode(claims, stranger, "ES256", {"kid": kid, "jku": "http://127.0.0.1:9/jwks"}),
    }


async def test_401_for_every_forgery(http, private, claims):
    for name, token in forgeries(claims, private[1]["kid"], private[0].public_key()).items():
        answer = await http.get("/functions/v1/agent-usage", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token"), name


@pytest.mark.parametrize("changed", [
    {"iss": "https://elsewhere.example/auth/v1"}, {"iss": None}, {"iss": ""}, {"iss": ["x"]}, {"iss": 7},
    {"aud": "anon"}, {"aud": None}, {"aud": ["somebody"]}, {"aud": ["authenticated", "x"]}, {"aud": {}}, {"aud": 7},
    {"exp": None}, {"exp": 1}, {"exp": "9999999999"}, {"exp": 9_999_999_999.5}, {"exp": 1e300}, {"exp": True},
    {"exp": [9_999_999_999]}, {"exp": {}}, {"exp": "soon"}, {"exp": float("nan")}, {"exp": float("inf")},
    {"exp": -1}, {"nbf": 9_999_999_999}, {"nbf": "later"}, {"nbf": {}}, {"iat": 9_999_999_999}, {"iat": "now"},
    {"iat": None}, {"sub": None}, {"sub": ""}, {"sub": "somebody"}, {"sub": 7}, {"sub": ["x"]},
    {"role": None}, {"role": "service_role"}, {"role": "anon"}, {"role": "postgres"}, {"role": ["authenticated"]},
    {"organization_id": "x"}, {"organization_id": None}, {"organization_id": 7}, {"key_id": None}, {"key_id": "x"},
    {"agent_scopes": None}, {"agent_scopes": "read"}, {"agent_scopes": {"read": 1}}, {"agent_scopes": [1]},
    {"app_metadata": "x"}, {"app_metadata": [1]}, {"org_role": None, "sub": "x"},
])  # fmt: skip
async def test_401_for_claims_that_are_not_ours_even_under_our_signature(http, signed, changed):
    answer = await http.get("/functions/v1/agent-usage", headers={"Authorization": f"Bearer {signed(**changed)}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


@pytest.mark.parametrize("headers", [
    {"kid": "../../../../dev/null"}, {"kid": "' OR 1=1 --"}, {"kid": ""}, {"kid": None}, {"kid": 7}, {"kid": ["x"]},
    {"kid": {}}, {"kid": "x" * 4000}, {"alg": "HS256"}, {"alg": "es256"}, {"alg": ["ES256"]}, {"alg": None},
    {"alg": "ES384"}, {"crit": ["exp"]}, {"b64": False, "crit": ["b64"]},
])  # fmt: skip
async def test_401_for_headers_that_point_elsewhere_even_under_our_signature(http, signed, headers):
    answer = await http.get("/functions/v1/agent-usage", headers={"Authorization": f"Bearer {signed(headers=headers)}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_401_for_a_token_that_another_host_of_ours_signed_for_itself(http, claims, org):
    """Another tenant's claims, re-signed: the key decides, not the claims."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    theirs = claims | {"organization_id": str(uuid.uuid4())}
    token = jwt.encode(theirs, stranger, "ES256", {"kid": "somebody"})
    assert (
        await http.get("/functions/v1/agent-usage", headers={"Authorization": f"Bearer {token}"})
    ).status_code == 401


@pytest.mark.parametrize("deep", ["[" * 3000, '{"a":' * 1500, "[" * 3000 + "]" * 3000])
async def test_401_for_a_header_or_payload_nested_too_deeply(http, private, deep):
    head = encoded({"alg": "ES256", **private[1]})
    for token in (f"{encoded(deep.encode())}.e30.AAAA", f"{head}.{encoded(deep.encode())}.{encoded(bytes(64))}"):
        answer = await http.get("/functions/v1/agent-usage", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_401_for_two_tokens_pieces_of_one_and_more_than_one(http, org):
    token = org.agent("read").token
    head, payload, signature = token.split(".")
    for sent in (
        f"{token} {token}", f"{token},{token}", token[:-1], token[1:], f"{token}.{signature}", f"{head}.{payload}",
        f"{head}..{signature}", f".{payload}.{signature}", "..", ".", f"{token}=", f"{token}A", f"{token}\u00e9",
        f"{head}.{payload}.{signature[:-2]}", f"{payload}.{head}.{signature}", "x" * 9000, f"Bearer {token}",
    ):  # fmt: skip
        answer = await http.get(
            "/functions/v1/agent-usage", headers={"Authorization": f"Bearer {sent}".encode("latin-1")}
        )
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token"), sent


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Token abc", "bearer", "Digest x=y"])
async def test_401_missing_token_with_the_whole_challenge(http, header, base_url):
    answer = await http.get("/functions/v1/agent-usage", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
    assert f'resource_metadata="{base_url}/.well-known/oauth-protected-resource' in answer.headers["WWW-Authenticate"]


async def test_a_token_counts_until_it_expires_and_not_a_second_longer(http, private, claims, monkeypatch):
    token = jwt.encode(claims | {"exp": int(time.time()) + 2}, private[0], "ES256", private[1])
    assert tokens.verify(token).organization_id
    now = time.time()
    monkeypatch.setattr("shared.auth.tokens.time.time", lambda: now + 3)
    with pytest.raises(InvalidToken):
        tokens.verify(token)


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "sub",
    "role",
    "org_role",
    "organization_id",
    "key_id",
    "agent_scopes",
    "jti",
]


@given(name=st.sampled_from([*NAMES, "app_metadata"]), value=JSONS)
@examples(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_claim_of_any_kind_is_a_fault_of_ours(signed, name, value):
    with contextlib.suppress(InvalidToken):
        tokens.verify(signed(**{name: value}))


@given(head=JSONS, payload=JSONS, signature=st.binary(max_size=80))
@examples(max_examples=300, deadline=None)
def test_no_bytes_of_any_kind_pass_for_a_token(base_url, head, payload, signature):
    with pytest.raises(InvalidToken):
        tokens.verify(f"{encoded(head)}.{encoded(payload)}.{encoded(signature)}")


@given(text=st.text(max_size=200))
@examples(max_examples=300, deadline=None)
def test_no_text_of_any_kind_passes_for_a_token(base_url, text):
    with pytest.raises(InvalidToken):
        tokens.verify(text)
