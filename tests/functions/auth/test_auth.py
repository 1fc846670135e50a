"""/auth/v1: keys, verbs, shapes and paths, as no client library sends them."""

import time
import uuid

import jwt
import pytest

from functions.auth.routes import ROUTES
from functions.auth.unsupported import UNSUPPORTED
from shared.auth import tokens
from shared.platform.accounts import people

pytestmark = pytest.mark.anyio


async def test_401_without_a_key_of_the_project(auth, keys, person):
    cases = [(None, "missing_project_key"), ("", "missing_project_key")]
    wrong = ["sb_publishable_x", keys.secret_key[:-1], keys.secret_key.upper(), "anon", person.token, "é"]
    cases += [(key, "unknown_project_key") for key in wrong]
    for key, code in cases:
        for path in ("settings", "user", "nowhere", "admin/users", "otp"):
            answer = await auth("GET", path, key=None, headers={"apikey": key.encode()} if key else {})
            assert (answer.status_code, answer.json()["code"]) == (401, code), (key, path)


async def test_200_any_key_of_the_project_in_header_or_query(auth, keys):
    for key in (keys.publishable_key, keys.secret_key, keys.anon_key, keys.service_role_key):
        assert (await auth("GET", "settings", key=key)).status_code == 200
        assert (await auth("GET", f"settings?apikey={key}", key=None)).status_code == 200


async def test_200_health_and_public_keys_need_no_key(auth):
    health = await auth("GET", "health", key=None)
    assert set(health.json()) == {"version", "name", "description"}
    answer = await auth("GET", ".well-known/jwks.json", key=None)
    assert answer.headers["cache-control"] == "public, max-age=600"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["alg"], key["crv"]) == ("EC", "ES256", "P-256")
    assert not {"d", "k"} & key.keys()


async def test_200_settings_say_what_is_open(auth):
    answer = (await auth("GET", "settings")).json()
    assert answer["external"] == {"email": True, "phone": False, "anonymous_users": False}
    assert (answer["disable_signup"], answer["mailer_autoconfirm"], answer["saml_enabled"]) == (False, True, False)


async def test_refusals_have_two_shapes_and_always_name_their_code(auth):
    dated = await auth("GET", "user")
    assert dated.json().keys() == {"code", "message"}
    assert dated.headers["x-supabase-api-version"] == "2024-01-01"
    later = await auth("GET", "user", headers={"X-Supabase-Api-Version": "2025-06-30"})
    assert later.json() == dated.json()
    for version in (None, "2023-12-31", "next", "0000-00-00", "2024-01"):
        old = await auth("GET", "user", dated=False, headers={"X-Supabase-Api-Version": version} if version else {})
        assert old.json() == {"code": 401, "error_code": "no_authorization", "msg": dated.json()["message"]}
        assert "x-supabase-api-version" not in old.headers
        assert old.headers["x-sb-error-code"] == dated.headers["x-sb-error-code"] == "no_authorization"
    assert dated.headers["www-authenticate"] == "Bearer"
    assert dated.headers["x-request-id"]


@pytest.mark.parametrize("path", ["user", "user/", "logout", "admin/users", "token", "signup", "health"])
async def test_405_wrong_verbs_say_which_are_right(auth, path):
    answer = await auth("PATCH", path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    right = {method for route in ROUTES if route.path == "/" + path.rstrip("/") for method in route.methods}
    assert set(answer.headers["allow"].split(", ")) == right


@pytest.mark.parametrize(
    "path", ["", "nowhere", "users", "user/x", "admin", "admin/users/x/y", "%00", "..%2fuser", "User"]
)
async def test_404_paths_that_nothing_answers(auth, path):
    answer = await auth("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", UNSUPPORTED)
async def test_4xx_what_is_left_out_says_so_and_pretends_nothing(auth, path):
    refusal = UNSUPPORTED[path]
    for sent in (path, f"{path}/{uuid.uuid4()}/verify"):
        answer = await auth("POST", sent.removeprefix("/"), json={"email": "a@example.com"})
        assert (answer.status_code, answer.json()["code"]) == (refusal.status, refusal.code)


@pytest.mark.parametrize(
    ("grant", "status", "code"),
    [
        ("id_token", 400, "provider_disabled"),
        ("web3", 422, "web3_provider_disabled"),
        ("client_credentials", 400, "validation_failed"),
        ("", 400, "validation_failed"),
    ],
)
async def test_4xx_grants_that_are_left_out(auth, grant, status, code):
    answer = await auth("POST", f"token?grant_type={grant}", json={})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b"\xff", "application/json", 400, "bad_json"),
        (b'{"email": "\\ud800"}', "application/json", 400, "bad_json"),
        (b'{"email": NaN}', "application/json", 400, "bad_json"),
        (b"[" * 100_000, "application/json", 400, "bad_json"),
        (b"[]", "application/json", 400, "validation_failed"),
        (b"null", "application/json", 400, "validation_failed"),
        (b"email=a@example.com", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b" " * 10_000_000, "application/json", 413, "payload_too_large"),
        (b"", "application/json;charset=UTF-8", 422, "anonymous_provider_disabled"),
    ],
)
async def test_4xx_for_malformed_bodies(auth, content, content_type, status, code):
    answer = await auth("POST", "signup", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_403_tokens_that_are_forged_confused_or_of_somebody_else(auth, person, keys, org):
    claims = jwt.decode(person.token, options={"verify_signature": False})
    head, body, signature = person.token.split(".")
    forged = [
        "x",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        jwt.encode(claims, "a secret of somebody else's, long enough", algorithm="HS256"),
        jwt.encode({**claims, "role": "service_role"}, "a secret of somebody else's, long enough", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "exp": int(time.time()) - 60}, keys.jwt_secret, algorithm="HS256"),
        jwt.encode({**claims, "aud": "other"}, keys.jwt_secret, algorithm="HS256"),
        tokens.mint({**claims, "iss": "https://elsewhere.example/auth/v1"}, ttl_s=60),
        keys.anon_key,
        keys.secret_key,
        "nxs_ak_" + "a" * 48,
    ]
    for token in forged:
        answer = await auth("GET", "user", token=token)
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_jwt"), token
    sessionless = [org.owner.token, org.agent("read").token, tokens.mint({**claims, "session_id": None}, ttl_s=60)]
    strange = tokens.mint({**claims, "session_id": str(uuid.uuid4())}, ttl_s=60)
    for token in (*sessionless, strange):
        for method, path in (("GET", "user"), ("PUT", "user"), ("POST", "logout")):
            answer = await auth(method, path, token=token, **({"json": {}} if method == "PUT" else {}))
            assert (answer.status_code, answer.json()["code"]) == (403, "session_not_found")


async def test_403_for_the_session_of_another_person(auth, person, sign_up):
    other = jwt.decode((await sign_up()).token, options={"verify_signature": False})
    mixed = tokens.mint({**other, "sub": person.id}, ttl_s=60)
    answer = await auth("GET", "user", token=mixed)
    assert (answer.status_code, answer.json()["code"]) == (403, "session_not_found")


@pytest.mark.parametrize("authorization", ["", "Basic Zm9vOmJhcg==", "Bearer", "bearer"])
async def test_401_without_a_bearer_token(auth, authorization):
    answer = await auth("GET", "user", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["code"]) == (401, "no_authorization")


@pytest.mark.parametrize(
    ("path", "body", "limit"),
    [
        ("signup", {"email": "a@example.com", "password": "short"}, 30),
        ("token?grant_type=password", {"email": "nobody@example.com", "password": "wrong one"}, 30),
        ("token?grant_type=refresh_token", {"refresh_token": "unknown"}, 150),
    ],
)
async def test_429_more_than_an_address_may(auth, path, body, limit):
    sent = 0
    # Twice the limit meets it even when a window ends in between.
    while (refused := await auth("POST", path, json=body)).status_code != 429 and sent < 2 * limit:
        assert refused.status_code in (400, 422)
        sent += 1
    assert sent >= limit
    assert (refused.status_code, refused.json()["code"]) == (429, "over_request_rate_limit")
    assert 1 <= int(refused.headers["retry-after"]) <= 300
    assert refused.headers["ratelimit-policy"].endswith(f";q={limit};w=300")
    assert refused.headers["x-sb-error-code"] == "over_request_rate_limit"
    elsewhere = await auth("POST", path, json=body, headers={"X-Forwarded-For": "198.51.100.7"})
    assert elsewhere.status_code != 429


async def test_browsers_of_any_origin_may_call_and_read_the_code(auth):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    allowed = await auth("OPTIONS", "user", key=None, headers=asked)
    assert allowed.status_code == 204
    assert "PUT" in allowed.headers["access-control-allow-methods"]
    assert "x-supabase-api-version" in allowed.headers["access-control-allow-headers"]
    refused = await auth("GET", "user", headers={"Origin": "https://shop.example"})
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "X-Supabase-Api-Version" in refused.headers["access-control-expose-headers"]


async def test_200_head_answers_as_get_without_a_body(auth):
    answer = await auth("HEAD", "health", key=None)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_500_has_the_error_body_and_reveals_nothing(auth, email, monkeypatch):
    def broken(_text: str) -> str:
        raise RuntimeError("a detail of the inside")

    monkeypatch.setattr(people, "email_address", broken)
    answer = await auth("POST", "signup", json={"email": email, "password": "long enough"})
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected_failure")
    assert "inside" not in answer.text


async def test_every_route_says_what_it_is_for():
    assert len({(route.method, route.path) for route in ROUTES}) == len(list(ROUTES))
    for route in ROUTES:
        assert route.summary.endswith("."), route.path
