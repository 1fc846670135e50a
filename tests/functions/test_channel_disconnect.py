"""POST /functions/v1/channel-disconnect."""

import uuid

import pytest


async def test_200_deletes_the_token(save_number, call, graph, org, kept_channels):
    channel = (await save_number(graph.number(), as_=org.owner)).json()
    assert kept_channels(org)[0]["token_sealed"]
    await call("channel-disconnect", as_=org.agent("admin"), json={"channel_id": channel["id"]})
    (row,) = kept_channels(org)
    assert (row["status"], row["token_sealed"]) == ("disconnected", None)


async def test_404_for_the_channel_of_another_organization(save_number, call, graph, org, other_org):
    channel = (await save_number(graph.number(), as_=org.owner)).json()["id"]
    for wanted in (channel, str(uuid.uuid4())):
        answer = await call("channel-disconnect", as_=other_org.owner, json={"channel_id": wanted})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    (mine,) = (await call("channel-list", as_=org.owner, method="GET")).json()["data"]
    assert mine["status"] == "connected"


@pytest.mark.parametrize("caller", ["member", "agent"])
async def test_403_for_members_and_agents_without_admin(caller, call, connect, org):
    as_ = org.person("member") if caller == "member" else org.agent("write")
    answer = await call("channel-disconnect", as_=as_, json={"channel_id": str(connect(org).id)})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
