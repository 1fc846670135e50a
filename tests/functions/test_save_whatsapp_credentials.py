"""POST /functions/v1/save-whatsapp-credentials."""

import json

import pytest

from shared.runtime.secrets import open_sealed


async def test_200_connects_a_number_seals_its_token_and_subscribes(save_number, graph, org, kept_channels):
    number = graph.number(name="Zay Store")
    number.subscribed = False
    answer = await save_number(number, as_=org.owner, pin="123456")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["platform"], body["external_id"], body["status"]) == ("whatsapp", number.id, "connected")
    assert (body["display_name"], body["phone"]) == ("Zay Store", f"+{number.phone}")
    assert number.subscribed
    assert [each.path for each in graph.received("register")] == [f"{number.id}/register"]
    (row,) = kept_channels(org)
    assert number.token not in answer.text + json.dumps(row, default=repr)
    assert (await open_sealed(org.id, bytes(row["token_sealed"]))).decode() == number.token


@pytest.mark.parametrize(("told", "kept_as"), [(20, 20), (80, None), (1000, 1000)])
async def test_200_keeps_how_many_messages_per_second_meta_takes(
    *, save_number, graph, org, kept_channels, told, kept_as
):
    number = graph.number()
    number.messages_per_s = told
    assert (await save_number(number, as_=org.owner)).status_code == 200
    assert [row["messages_per_second"] for row in kept_channels(org)] == [kept_as]


async def test_200_writes_an_audit_event_without_the_token(save_number, graph, org, tenants):
    agent = org.agent("admin")
    assert (await save_number(graph.number(), as_=agent)).status_code == 200
    with tenants.database() as database:
        events = database.execute(
            "SELECT actor_type, actor_id, changes::text FROM audit_events"
            " WHERE organization_id = %s AND entity_type = 'channel_accounts'",
            (org.id,),
        ).fetchall()
    assert [(kind, actor) for kind, actor, _ in events] == [("agent", agent.id)]
    assert "token" not in events[0][2]


async def test_200_renews_the_token_of_the_same_channel(save_number, graph, org, kept_channels):
    number = graph.number()
    first = await save_number(number, as_=org.owner)
    number.token = "EAAG-renewed"
    again = await save_number(number, as_=org.owner)
    assert first.json()["id"] == again.json()["id"]
    (row,) = kept_channels(org)
    assert await open_sealed(org.id, bytes(row["token_sealed"])) == b"EAAG-renewed"


async def test_422_without_a_number_for_an_account_of_several(save_number, graph, org):
    first = graph.number()
    alone = await save_number(first, as_=org.owner, phone_number_id=None)
    assert alone.json()["external_id"] == first.id
    second = graph.number(business_id=first.business_id, token=first.token)
    several = await save_number(first, as_=org.owner, phone_number_id=None)
    assert (several.status_code, several.json()["error"]) == (422, "which_number")
    assert {each["phone_number_id"] for each in several.json()["choices"]} == {first.id, second.id}


async def test_422_for_a_number_of_another_account(save_number, graph, org, kept_channels):
    mine, theirs = graph.number(), graph.number()
    answer = await save_number(mine, as_=org.owner, phone_number_id=theirs.id)
    assert (answer.status_code, answer.json()["error"]) == (422, "which_number")
    assert kept_channels(org) == []


async def test_422_with_the_code_of_meta_for_a_token_of_another_account(save_number, graph, org, kept_channels):
    mine, theirs = graph.number(), graph.number()
    for token in ("EAAG-invented", theirs.token):
        answer = await save_number(mine, as_=org.owner, access_token=token)
        assert (answer.status_code, answer.json()["error"]) == (422, "credentials_refused")
        assert isinstance(answer.json()["provider_code"], int)
        assert token not in answer.text
    assert kept_channels(org) == []


async def test_409_for_a_number_until_another_organization_disconnects_it(save_number, call, graph, org, other_org):
    number = graph.number()
    channel = (await save_number(number, as_=org.owner)).json()
    taken = await save_number(number, as_=other_org.owner)
    assert (taken.status_code, taken.json()["error"]) == (409, "channel_connected_elsewhere")
    assert str(org.id) not in taken.text
    gone = await call("channel-disconnect", as_=org.owner, json={"channel_id": channel["id"]})
    assert (gone.status_code, gone.json()["status"]) == (200, "disconnected")
    assert (await save_number(number, as_=other_org.owner)).status_code == 200
    back = await save_number(number, as_=org.owner)
    assert back.json()["error"] == "channel_connected_elsewhere"


@pytest.mark.parametrize("caller", ["member", "agent"])
async def test_403_before_a_call_to_meta_for_members_and_agents(caller, save_number, graph, org):
    as_ = org.person("member") if caller == "member" else org.agent("write")
    answer = await save_number(graph.number(), as_=as_)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert graph.received("phone_numbers") == []


@pytest.mark.parametrize("token", ["EAAG-é", "EAAG\r\nX: y", "", "توكن", "x" * 3000])
async def test_422_for_a_malformed_token(token, save_number, graph, org):
    answer = await save_number(graph.number(), as_=org.owner, access_token=token)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert graph.received("phone_numbers") == []
