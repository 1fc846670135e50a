"""POST /functions/v1/agent-api-key-revoke."""

import uuid

import pytest

pytestmark = pytest.mark.anyio


async def test_200_ends_the_key_and_the_tokens_it_gave_on_every_surface(call, make_key, token_of, org, elsewhere):
    made = await make_key("write")
    token = await token_of(made["api_key"])
    assert (await call("agent-usage", method="GET", headers=token)).status_code == 200
    revoked = await call("agent-api-key-revoke", as_=org.owner, json={"id": made["id"]})
    assert (revoked.status_code, revoked.json()) == (200, {"id": made["id"], "is_active": False})
    refused = await call("agent-usage", method="GET", headers=token)
    assert (refused.status_code, refused.json()["error"]) == (401, "key_revoked")
    assert refused.headers["WWW-Authenticate"]
    again = await call("agent-auth", json={"api_key": made["api_key"]}, headers=elsewhere())
    assert again.status_code == 401


async def test_200_ends_its_tokens_at_the_mcp_endpoint(call, http, make_key, token_of, org):
    made = await make_key("write")
    headers = await token_of(made["api_key"]) | {"Accept": "application/json, text/event-stream"}
    ask = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "nexus_list_contacts", "arguments": {}},
    }
    before = await http.post("/functions/v1/mcp-server", json=ask, headers=headers)
    assert "isError" not in before.json()["result"] or not before.json()["result"]["isError"]
    await call("agent-api-key-revoke", as_=org.owner, json={"id": made["id"]})
    after = await http.post("/functions/v1/mcp-server", json=ask, headers=headers)
    assert (after.status_code, "key_revoked" in after.text) == (401, True) or after.json()["result"]["isError"]
    assert "key_revoked" in after.text


async def test_200_again_for_a_key_that_is_revoked_already(call, make_key, org):
    made = await make_key()
    for _ in range(2):
        assert (await call("agent-api-key-revoke", as_=org.owner, json={"id": made["id"]})).status_code == 200


async def test_404_for_another_organizations_key_exactly_as_for_none(call, org, other_org):
    theirs = other_org.agent("read").key_id
    for key_id in (theirs, uuid.uuid4()):
        answer = await call("agent-api-key-revoke", as_=org.owner, json={"id": str(key_id)})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert (await call("agent-usage", method="GET", as_=other_org.owner)).status_code == 200


async def test_403_for_members_and_agents(call, org):
    key_id = str(org.agent("read").key_id)
    answers = [
        await call("agent-api-key-revoke", as_=caller, json={"id": key_id})
        for caller in (org.person("member"), org.agent("admin"))
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert [answer.json()["error"] for answer in answers] == ["insufficient_scope", "wrong_credential"]


@pytest.mark.parametrize("body", [{}, {"id": "x"}, {"id": None}, {"id": str(uuid.uuid4()), "force": True}])
async def test_422_for_a_body_that_is_wrong(call, org, body):
    answer = await call("agent-api-key-revoke", as_=org.owner, json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
