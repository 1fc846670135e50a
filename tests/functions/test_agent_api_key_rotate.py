"""POST /functions/v1/agent-api-key-rotate."""

import asyncio
import uuid

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def rotate(call, org):
    async def send(key_id, as_=None, **fields):
        return await call("agent-api-key-rotate", as_=as_ or org.owner, json={"id": str(key_id), **fields})

    return send


async def test_201_gives_a_second_key_of_the_same_agent_while_the_old_one_works_on(
    make_key, rotate, token_of, call, org
):
    old = await make_key("write", name="Till", expires_at="2090-01-02T03:04:05Z")
    answer = await rotate(old["id"])
    new = answer.json()
    assert (answer.status_code, new["replaces"], new["scopes"]) == (201, old["id"], ["read", "write"])
    for raw in (old["api_key"], new["api_key"]):
        assert (await call("agent-usage", method="GET", headers=await token_of(raw))).status_code == 200
    rows = (await call("agent-api-key-list", method="GET", as_=org.owner)).json()["data"]
    by_id = {row["id"]: row for row in rows}
    assert by_id[old["id"]]["replaced_by"] == new["id"]
    assert by_id[new["id"]]["agent_id"] == by_id[old["id"]]["agent_id"]
    assert by_id[new["id"]]["name"] == "Till"
    assert by_id[new["id"]]["expires_at"].startswith("2090-01-02T03:04:05")
    assert by_id[old["id"]]["expires_at"] < by_id[new["id"]]["expires_at"]


async def test_201_for_an_older_key_with_an_invisible_name(make_key, rotate, tenants):
    old = await make_key("write", name="Till")
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET name = %s WHERE id = %s", ["\u200b", old["id"]])
    assert (await rotate(old["id"])).status_code == 201


async def test_201_takes_no_further_agent_of_the_plan(tenants, call):
    org = tenants.org("free")
    made = (await call("agent-api-key-create", as_=org.owner, json={"name": "Layla"})).json()
    assert (await call("agent-api-key-rotate", as_=org.owner, json={"id": made["id"]})).status_code == 201


async def test_201_without_overlap_stops_the_old_key_and_its_tokens_at_once(
    make_key, rotate, token_of, call, elsewhere
):
    old = await make_key()
    token = await token_of(old["api_key"])
    assert (await rotate(old["id"], overlap_s=0)).status_code == 201
    assert (await call("agent-usage", method="GET", headers=token)).json()["error"] == "key_revoked"
    refused = await call("agent-auth", json={"api_key": old["api_key"]}, headers=elsewhere())
    assert refused.status_code == 401


async def test_201_with_a_short_overlap_ends_with_it(make_key, rotate, token_of, call, tenants):
    old = await make_key()
    token = await token_of(old["api_key"])
    await rotate(old["id"], overlap_s=60)
    assert (await call("agent-usage", method="GET", headers=token)).status_code == 200
    with tenants.database() as database:
        (left,) = database.execute(
            "SELECT extract(epoch FROM expires_at - now()) FROM agent_api_keys WHERE id = %s", [old["id"]]
        ).fetchone()
        database.execute("UPDATE agent_api_keys SET expires_at = now() WHERE id = %s", [old["id"]])
    assert 50 < left <= 60
    assert (await call("agent-usage", method="GET", headers=token)).status_code == 401


async def test_409_for_one_of_two_concurrent_rotations(make_key, rotate):
    old = await make_key()
    answers = await asyncio.gather(rotate(old["id"]), rotate(old["id"]))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {answer.json().get("error") for answer in answers} == {None, "key_not_active"}


async def test_409_for_a_key_that_was_rotated_or_revoked_before(make_key, rotate, call, org):
    rotated, revoked = await make_key(), await make_key()
    await rotate(rotated["id"])
    await call("agent-api-key-revoke", as_=org.owner, json={"id": revoked["id"]})
    for key in (rotated, revoked):
        answer = await rotate(key["id"])
        assert (answer.status_code, answer.json()["error"]) == (409, "key_not_active")


async def test_404_for_another_organizations_key_exactly_as_for_none(rotate, other_org):
    for key_id in (other_org.agent("read").key_id, uuid.uuid4()):
        answer = await rotate(key_id)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_403_for_members_and_agents(rotate, org):
    key_id = org.agent("read").key_id
    answers = [await rotate(key_id, as_=caller) for caller in (org.person("member"), org.agent("admin"))]
    assert [answer.json()["error"] for answer in answers] == ["insufficient_scope", "wrong_credential"]


async def test_403_for_scopes_that_the_plan_no_longer_has(make_key, rotate, org, tenants):
    key = await make_key("admin")
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'starter' WHERE id = %s", [org.id])
    answer = await rotate(key["id"])
    assert (answer.status_code, answer.json()["error"]) == (403, "plan_limit_exceeded")


@pytest.mark.parametrize("overlap_s", [-1, 604_801, "long", 1.5, None])
async def test_422_for_an_invalid_overlap(rotate, overlap_s):
    answer = await rotate(uuid.uuid4(), overlap_s=overlap_s)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
