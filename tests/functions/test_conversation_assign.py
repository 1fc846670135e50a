"""POST /functions/v1/conversation-assign."""

import uuid

import pytest


@pytest.mark.parametrize("colleague", ["member", "agent", "owner"])
async def test_200_assigns_a_conversation_to_a_colleague_and_to_nobody(colleague, call, chat, org):
    mine = chat(org)
    to = {"member": org.person("member"), "agent": org.agent("read"), "owner": org.owner}[colleague]
    given = await call("conversation-assign", as_=org.agent("write"), json={"chat_id": mine, "assigned_to": str(to.id)})
    assert (given.status_code, given.json()["assigned_to"]) == (200, str(to.id))
    taken = await call("conversation-assign", as_=org.owner, json={"chat_id": mine, "assigned_to": None})
    assert taken.json()["assigned_to"] is None


async def test_422_for_a_colleague_of_another_organization_or_of_none(call, chat, org, other_org):
    mine = chat(org)
    for stranger in (other_org.owner.id, other_org.agent().id, uuid.uuid4()):
        answer = await call("conversation-assign", as_=org.owner, json={"chat_id": mine, "assigned_to": str(stranger)})
        assert (answer.status_code, answer.json()["error"]) == (422, "unknown_colleague")


async def test_404_for_the_conversation_of_another_organization(call, chat, org, other_org):
    for wanted in (chat(other_org, messages=1), str(uuid.uuid4())):
        answer = await call("conversation-assign", as_=org.owner, json={"chat_id": wanted, "assigned_to": None})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_403_for_an_agent_that_may_only_read(call, chat, org):
    answer = await call("conversation-assign", as_=org.agent("read"), json={"chat_id": chat(org), "assigned_to": None})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
