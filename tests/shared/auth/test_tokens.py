"""A token that is minted here is known here, by either algorithm, and remembered no longer than it holds."""

import json
import time
import uuid

import jwt
import msgspec
import pytest
from pydantic import SecretStr

from shared.auth import tokens
from shared.kernel.errors import InvalidToken
from shared.runtime.settings import settings
from shared.tenancy.principal import Kind

SECRET = "a secret of the project that is long enough for HS256"
SUBJECT = str(uuid.uuid4())
PERSON = {"sub": SUBJECT, "role": "authenticated"}


@pytest.fixture
def host(base_url, monkeypatch):
    """Change the host's settings; its keys and what it remembers begin anew, also afterwards."""

    def configure(**changed):
        chosen = msgspec.structs.replace(settings(), **changed)
        monkeypatch.setattr(tokens, "settings", lambda: chosen)
        tokens._keys.cache_clear()
        tokens._verified.clear()
        return chosen

    yield configure
    tokens._keys.cache_clear()
    tokens._verified.clear()


@pytest.fixture
def legacy(host):
    host(jwt_algorithm="HS256", jwt_secret=SecretStr(SECRET))

    def sign(**claims):
        return jwt.encode({"exp": int(time.time()) + 60, **claims}, SECRET, algorithm="HS256")

    return sign


def test_a_minted_token_says_who_for_whom_by_whom_and_until_when(host, base_url):
    host()
    before = int(time.time())
    token = tokens.mint(PERSON | {"extra": 1}, ttl_s=60)
    head, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["role"], claims["extra"]) == (SUBJECT, "authenticated", 1)
    assert (claims["iss"], claims["aud"]) == (f"{base_url}/auth/v1", "authenticated")
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] == claims["iat"] + 60
    published = [jwk["kid"] for jwk in json.loads(settings().jwt_jwks)["keys"]]
    assert (head["alg"], head["kid"] in published) == ("ES256", True)


def test_a_minted_token_is_verified_by_the_published_key(host):
    host()
    token = tokens.mint(PERSON, ttl_s=60)
    for _ in range(2):
        principal = tokens.verify(token)
        assert (principal.kind, str(principal.subject)) == (Kind.USER, SUBJECT)


def test_a_host_with_the_project_secret_alone_mints_and_verifies_with_it(legacy):
    token = tokens.mint(PERSON, ttl_s=60)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert str(tokens.verify(token).subject) == SUBJECT


@pytest.mark.parametrize("missing", [{"jwt_private_jwk": None}, {"jwt_algorithm": "HS256", "jwt_secret": None}])
def test_a_host_without_a_signing_key_says_so(host, missing):
    host(**missing)
    with pytest.raises(RuntimeError, match="no signing key"):
        tokens.mint(PERSON, ttl_s=60)


def test_a_host_that_only_verifies_needs_no_signing_key(host):
    host()
    token = tokens.mint(PERSON, ttl_s=60)
    host(jwt_private_jwk=None)
    assert str(tokens.verify(token).subject) == SUBJECT


@pytest.mark.parametrize(("role", "kind"), [("anon", Kind.ANONYMOUS), ("service_role", Kind.SERVICE)])
def test_the_legacy_keys_of_a_project_have_neither_audience_nor_issuer(legacy, role, kind):
    assert tokens.verify(legacy(role=role)).kind is kind


@pytest.mark.parametrize("changed", [{"aud": "other"}, {"iss": "https://elsewhere.example"}, {"aud": None}])
def test_a_person_by_the_project_secret_needs_our_audience_and_issuer(legacy, base_url, changed):
    good = PERSON | {"aud": "authenticated", "iss": f"{base_url}/auth/v1"}
    assert tokens.verify(legacy(**good)).kind is Kind.USER
    with pytest.raises(InvalidToken):
        tokens.verify(legacy(**{name: value for name, value in (good | changed).items() if value}))


def test_a_token_ends_ten_seconds_after_its_time_at_the_latest(legacy):
    now = int(time.time())
    assert tokens.verify(legacy(role="anon", exp=now - 5)).kind is Kind.ANONYMOUS
    with pytest.raises(InvalidToken):
        tokens.verify(legacy(role="anon", exp=now - 15))


@pytest.mark.parametrize("exp", [None, "x", 1.5e10, True])
def test_an_end_that_is_no_whole_number_is_none(legacy, exp):
    with pytest.raises(InvalidToken):
        tokens.verify(jwt.encode({"role": "anon"} | ({"exp": exp} if exp else {}), SECRET, algorithm="HS256"))


def test_a_token_that_was_remembered_is_refused_once_it_has_ended(legacy, monkeypatch):
    token = legacy(role="anon")
    tokens.verify(token)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(InvalidToken):
        tokens.verify(token)
    assert not tokens._verified


def test_the_oldest_of_too_many_remembered_tokens_is_forgotten(legacy, monkeypatch):
    monkeypatch.setattr(tokens, "_MOST_CACHED", 2)
    made = [legacy(role="anon", jti=str(number)) for number in range(3)]
    for token in made:
        tokens.verify(token)
    assert len(tokens._verified) == 2
    monkeypatch.setattr(tokens, "_verify", lambda _: pytest.fail("a remembered token was read again"))
    assert all(tokens.verify(token).kind is Kind.ANONYMOUS for token in made[1:])


@pytest.mark.parametrize(("padding", "taken"), [(0, True), (8193, False)])
def test_a_token_of_more_than_eight_thousand_bytes_is_not_looked_at(legacy, padding, taken):
    token = legacy(role="anon", padding="x" * padding)
    if taken:
        assert tokens.verify(token).kind is Kind.ANONYMOUS
        return
    with pytest.raises(InvalidToken):
        tokens.verify(token)
