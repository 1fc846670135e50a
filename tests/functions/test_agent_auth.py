"""POST /functions/v1/agent-auth."""

import base64

import jwt
import pytest

from shared.auth import passwords

pytestmark = pytest.mark.anyio

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def key(make_key):
    return (await make_key("read", "write"))["api_key"]


@pytest.fixture
def exchange(call, elsewhere):
    async def send(raw, **headers):
        return await call("agent-auth", json={"api_key": raw}, headers=elsewhere() | headers)

    return send


async def test_200_gives_a_token_with_the_contracts_claims(exchange, key, org, base_url):
    answer = await exchange(key)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "organization_id", "expires_in"}
    assert answer.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["role"]) == (f"{base_url}/auth/v1", "authenticated", "authenticated")
    assert claims["exp"] - claims["iat"] == 3600
    assert (claims["organization_id"], claims["org_role"]) == (str(org.id), "agent")
    assert claims["agent_scopes"] == ["read", "write"]
    assert claims["app_metadata"] == {"organization_id": str(org.id), "org_role": "agent"}
    assert {"sub", "jti", "key_id", "organization_timezone"} <= set(claims)


async def test_200_narrows_the_token_to_the_plan_of_now(exchange, key, org, tenants):
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'free' WHERE id = %s", [org.id])
    token = (await exchange(key)).json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["agent_scopes"] == ["read"]


async def test_401_is_the_same_for_unknown_revoked_and_expired_keys(exchange, key, make_key, org, tenants):
    expired = (await make_key(name="expired"))["api_key"]
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET is_active = false WHERE prefix = %s", [key[:15]])
        database.execute("UPDATE agent_api_keys SET expires_at = now() WHERE prefix = %s", [expired[:15]])
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    answers = [await exchange(raw) for raw in (key, expired, "nxs_ak_" + "A" * 48, wrong)]
    told = [answer.json() | {"request_id": None} for answer in answers]
    assert {answer.status_code for answer in answers} == {401}
    assert told == [told[0]] * 4
    assert told[0]["error"] == "invalid_api_key"


async def test_401_for_every_edit_of_one_character(exchange, key):
    edits = {key[:-1], key + "A", key[1:], key.swapcase(), key.upper(), key.lower(), key[::-1]}
    for place in range(len(key)):
        other = "B" if key[place] == "A" else "A"
        before, after = key[:place], key[place + 1 :]
        edits |= {before + other + after, before + after, before + key[place].swapcase() + after}
        edits |= {before + key[place] * 2 + after, before + "-" + key[place] + after}
    edits.discard(key)
    for edit in edits:
        answer = await exchange(edit)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_api_key"), edit


@pytest.mark.parametrize("change", [
    lambda key: key + "\0", lambda key: "\0" + key, lambda key: key[:20] + "\0" + key[21:], lambda key: f" {key}",
    lambda key: f"{key}\n", lambda key: key.replace("_", "＿"), lambda key: key[:-1] + "\u0663",
    lambda key: key[:-1] + "\U0001d7d9", lambda key: key + "\u200f", lambda key: key + "A" * 17,
    lambda key: key + "A" * 18, lambda _: "x" * 72, lambda _: "x" * 73, lambda _: "nxs_ak_" + "x" * 4089,
    lambda key: "Bearer " + key,
])  # fmt: skip
async def test_401_for_what_only_looks_like_the_key(exchange, key, change):
    answer = await exchange(change(key))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_api_key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("body", [{}, {"api_key": None}, {"api_key": ""}, {"api_key": 7}, {"api_key": ["x"]}, [], "x",
                                  {"api_key": "x" * 4097}])  # fmt: skip
async def test_422_without_a_key(call, elsewhere, body):
    answer = await call("agent-auth", json=body, headers=elsewhere())
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")


async def test_429_after_ten_a_minute_from_one_address_and_none_from_another(call, key, elsewhere):
    answers = [await call("agent-auth", json={"api_key": "nxs_ak_" + "A" * 48}) for _ in range(10)]
    # A minute of the clock may begin in between, yet Postgres counts the last sixty seconds.
    refused = await call("agent-auth", json={"api_key": key})
    assert [answer.status_code for answer in answers] == [401] * 10
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limit_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await call("agent-auth", json={"api_key": key}, headers=elsewhere())).status_code == 200


async def test_200_as_an_oauth_token_endpoint_by_form(call, key, elsewhere, base_url):
    form = {
        "grant_type": "client_credentials",
        "client_id": key[:15],
        "client_secret": key,
        "resource": f"{base_url}/functions/v1/mcp-server",
    }
    answer = await call("agent-auth", data=form, headers=elsewhere())
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["scope"] == "read write"
    usage = await call(
        "agent-usage", method="GET", headers={"Authorization": f"Bearer {answer.json()['access_token']}"}
    )
    assert usage.status_code == 200


async def test_200_as_an_oauth_token_endpoint_by_basic(call, key, elsewhere):
    basic = base64.b64encode(f"{key[:15]}:{key}".encode()).decode()
    answer = await call(
        "agent-auth",
        data={"grant_type": "client_credentials"},
        headers=elsewhere() | {"Authorization": f"Basic {basic}"},
    )
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(("asked", "granted"), [
    ("read", "read"), ("write", "read write"), ("read write admin", "read write"), ("openid read", "read"),
    ("admin", "read write"),
])  # fmt: skip
async def test_200_returns_the_requested_scopes_that_the_key_holds(call, key, elsewhere, asked, granted):
    form = {"grant_type": "client_credentials", "client_secret": key, "scope": asked}
    answer = await call("agent-auth", data=form, headers=elsewhere())
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (answer.json()["scope"], " ".join(claims["agent_scopes"])) == (granted, granted)


@pytest.mark.parametrize(("fields", "told"), [
    ({"client_secret": "nxs_ak_" + "A" * 48}, (401, "invalid_client")),
    ({"client_secret": "guess"}, (401, "invalid_client")),
    ({}, (401, "invalid_client")),
    ({"grant_type": "password", "client_secret": "KEY"}, (400, "unsupported_grant_type")),
    ({"grant_type": "authorization_code", "client_secret": "KEY"}, (400, "unsupported_grant_type")),
    ({"client_secret": "KEY", "resource": "https://elsewhere.example/mcp"}, (400, "invalid_target")),
    ({"client_secret": "KEY", "scope": "everything"}, (400, "invalid_scope")),
    ({"client_secret": "KEY", "client_id": "nxs_ak_AAAAAAAA"}, (401, "invalid_client")),
    ({"client_secret": "KEY", "client_id": "somebody"}, (401, "invalid_client")),
])  # fmt: skip
async def test_refusals_of_the_oauth_form(call, key, elsewhere, fields, told):
    form = {"grant_type": "client_credentials"} | {
        name: key if value == "KEY" else value for name, value in fields.items()
    }
    answer = await call("agent-auth", data=form, headers=elsewhere())
    assert (answer.status_code, answer.json()["error"]) == told
    assert answer.json()["error_description"]


async def test_401_for_a_right_secret_under_another_name_by_basic(call, key, elsewhere):
    for client_id, form in [("somebody", {}), (key[:15], {"client_id": "somebody"})]:
        basic = base64.b64encode(f"{client_id}:{key}".encode()).decode()
        sent = {"grant_type": "client_credentials", **form}
        answer = await call("agent-auth", data=sent, headers=elsewhere() | {"Authorization": f"Basic {basic}"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(),
                                    "Basic " + base64.b64encode(b"no-colon").decode()])  # fmt: skip
async def test_401_for_a_basic_header_that_holds_no_key(call, elsewhere, header):
    answer = await call(
        "agent-auth", data={"grant_type": "client_credentials"}, headers=elsewhere() | {"Authorization": header}
    )
    assert answer.status_code == 401


async def test_422_for_a_repeated_parameter(call, key, elsewhere):
    answer = await call(
        "agent-auth", content=f"grant_type=client_credentials&client_secret={key}&client_secret=x",
        headers=elsewhere() | FORM,
    )  # fmt: skip
    assert answer.status_code == 422


async def test_the_last_use_of_a_key_is_kept(call, exchange, key, org):
    await exchange(key)
    listed = await call("agent-api-key-list", method="GET", as_=org.owner)
    used = {each["key_prefix"]: each["last_used_at"] for each in listed.json()["data"]}
    assert used[key[:15]]


@pytest.mark.parametrize(
    "hashed",
    [f"$2b${cost}${'.' * 53}" for cost in (17, 31)] + ["nonsense", "", "$argon2id$v=19$m=2097152,t=99,p=1$c2E$aGE"],
)
async def test_401_for_any_stored_hash_as_for_an_unknown_key(exchange, key, tenants, hashed):
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET key_hash = %s WHERE prefix = %s", [hashed, key[:15]])
    stored, unknown = await exchange(key), await exchange("nxs_ak_" + "A" * 48)
    assert (stored.status_code, unknown.status_code) == (401, 401)
    assert stored.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


async def test_keys_that_do_not_exist_are_one_share_of_the_hashing(exchange, key, org, monkeypatch):
    shares = []
    verify = passwords.verify_secret

    async def counted(secret, hashed, *, share):
        shares.append(share)
        return await verify(secret, hashed, share=share)

    monkeypatch.setattr(passwords, "verify_secret", counted)
    for raw in ("nxs_ak_" + "A" * 48, "nxs_ak_" + "B" * 48, key):
        await exchange(raw)
    assert shares == ["unknown keys", "unknown keys", f"organization:{org.id}"]
