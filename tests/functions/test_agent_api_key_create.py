"""POST /functions/v1/agent-api-key-create."""

import re
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("asked", "held"), [
    (["read"], ["read"]), (["write"], ["read", "write"]), (["admin"], ["read", "write", "admin"]),
    (["read", "read"], ["read"]), (["admin", "read"], ["read", "write", "admin"]),
])  # fmt: skip
async def test_201_gives_a_key_that_holds_each_scope_below_its_own(make_key, token_of, call, asked, held):
    made = await make_key(*asked)
    assert made["scopes"] == held
    assert re.fullmatch(r"nxs_ak_[A-Za-z0-9]{48}", made["api_key"])
    assert made["key_prefix"] == made["api_key"][:15]
    answer = await call("agent-usage", method="GET", headers=await token_of(made["api_key"]))
    assert answer.json()["organization_id"] == made["organization_id"]


async def test_201_for_an_admin_as_for_the_owner(make_key, org):
    assert (await make_key(as_=org.person("admin")))["scopes"] == ["read"]


async def test_201_returns_the_expiry_in_milliseconds_and_utc(make_key):
    made = await make_key(expires_at="2090-01-02T03:04:05.678+02:00")
    assert made["expires_at"] == "2090-01-02T01:04:05.678Z"


@pytest.mark.parametrize("fields", [
    {"name": ""}, {"name": "x" * 101}, {"scopes": []}, {"scopes": ["root"]}, {"scopes": "read"}, {"scopes": None},
    {"expires_at": "yesterday"}, {"expires_at": "2090-01-02T03:04:05"}, {"key_hash": "x"}, {"agent_platform": ""},
    {"expires_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}, {"organization_id": "x"},
])  # fmt: skip
async def test_422_for_a_field_that_is_wrong(call, org, fields):
    answer = await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"} | fields)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"].startswith("/" + next(iter(fields)))


@pytest.mark.parametrize("field", ["name", "agent_platform"])
async def test_422_for_an_invisible_name(call, org, field):
    asked = {"name": "Layla", field: "\u200b"}
    answer = await call("agent-api-key-create", as_=org.owner, json=asked)
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "invisible_text", field)


async def test_403_for_a_member(call, org):
    answer = await call("agent-api-key-create", as_=org.person("member"), json={"name": "Layla"})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert answer.json()["required"] == "manage"
    assert answer.json()["message"].startswith("this call needs an owner or admin of the organization")


async def test_403_for_an_agent_whatever_its_scopes(call, org):
    answer = await call("agent-api-key-create", as_=org.agent("admin"), json={"name": "Layla"})
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_403_for_somebody_without_an_organization(call, tenants):
    answer = await call("agent-api-key-create", as_=tenants.person(None), json={"name": "Layla"})
    assert (answer.status_code, answer.json()["error"]) == (403, "no_organization")


@pytest.mark.parametrize(("plan", "scope"), [("free", "write"), ("free", "admin"), ("starter", "admin")])
async def test_403_for_a_scope_above_the_plan(call, tenants, plan, scope):
    answer = await call("agent-api-key-create", as_=tenants.org(plan).owner, json={"name": "Layla", "scopes": [scope]})
    told = answer.json()
    assert (answer.status_code, told["error"], told["resource"]) == (403, "plan_limit_exceeded", "scopes")
    assert told["plan"] == plan
    assert told["upgrade"]
    assert told["upgrade_url"].startswith("https://")


async def test_403_for_more_agents_than_the_plan_has(call, tenants):
    org = tenants.org("starter")
    for _ in range(2):
        made = await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"})
        assert made.status_code == 201
    refused = await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"})
    told = refused.json()
    assert (refused.status_code, told["error"]) == (403, "plan_limit_exceeded")
    assert (told["resource"], told["current"], told["limit"]) == ("agents", 2, 2)
    await call("agent-api-key-revoke", as_=org.owner, json={"id": made.json()["id"]})
    assert (await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"})).status_code == 201


async def test_403_leaves_nothing_behind(call, tenants):
    org = tenants.org("free")
    await call("agent-api-key-create", as_=org.owner, json={"name": "Layla", "scopes": ["write"]})
    with tenants.database() as database:
        made = database.execute("SELECT count(*) FROM agent_accounts WHERE organization_id = %s", [org.id]).fetchone()
    assert made == (0,)


async def test_the_same_idempotency_key_gives_the_same_key_and_leaves_it_nowhere(call, org, tenants):
    answers = [
        await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"}, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]
    assert answers[0].status_code == answers[1].status_code == 201
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    with tenants.database() as database:
        (kept,) = database.execute(
            "SELECT response FROM idempotency_keys WHERE organization_id = %s", [org.id]
        ).fetchone()
        (keys,) = database.execute(
            "SELECT count(*) FROM agent_api_keys WHERE organization_id = %s", [org.id]
        ).fetchone()
    assert keys == 1
    assert answers[0].json()["api_key"].encode() not in kept
