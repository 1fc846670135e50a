"""POST /functions/v1/save-page-credentials."""

import pytest


async def test_200_connects_a_page_with_its_instagram_account(call, graph, org):
    instagram = graph.instagram(name="zay.store")
    body = {"access_token": instagram.token}
    answer = await call("save-page-credentials", as_=org.owner, json=body)
    assert answer.status_code == 200, answer.text
    found = {each["platform"]: each["external_id"] for each in answer.json()["channels"]}
    assert found["facebook"] == instagram.page_id
    assert found["instagram"] == instagram.id


async def test_200_connects_a_page_without_instagram(call, graph, org):
    page = graph.page(name="Zay")
    answer = await call("save-page-credentials", as_=org.owner, json={"access_token": page.token})
    assert [(each["platform"], each["external_id"]) for each in answer.json()["channels"]] == [("facebook", page.id)]


async def test_200_connects_an_instagram_login_by_the_id_of_its_webhooks(call, graph, org):
    account = graph.instagram()
    body = {"access_token": account.token, "login": "instagram"}
    answer = await call("save-page-credentials", as_=org.owner, json=body)
    assert [each["external_id"] for each in answer.json()["channels"]] == [account.id]


async def test_409_for_the_page_of_another_organization(call, graph, org, other_org):
    page = graph.page(name="Zay")
    assert (await call("save-page-credentials", as_=org.owner, json={"access_token": page.token})).status_code == 200
    refused = await call("save-page-credentials", as_=other_org.owner, json={"access_token": page.token})
    assert (refused.status_code, refused.json()["error"]) == (409, "channel_connected_elsewhere")
    assert str(org.id) not in refused.text


@pytest.mark.parametrize("caller", ["member", "agent"])
async def test_403_for_members_and_agents_without_admin(caller, call, graph, org, kept_channels):
    as_ = org.person("member") if caller == "member" else org.agent("write")
    answer = await call("save-page-credentials", as_=as_, json={"access_token": graph.page(name="Zay").token})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert kept_channels(org) == []


async def test_422_for_a_token_that_opens_no_page(call, graph, org, kept_channels):
    graph.page(name="Zay")
    answer = await call("save-page-credentials", as_=org.owner, json={"access_token": "EAAG-invented"})
    assert (answer.status_code, answer.json()["error"]) == (422, "credentials_refused")
    assert kept_channels(org) == []
