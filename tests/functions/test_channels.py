"""Connecting numbers and pages: Meta is asked first, the token is sealed, and one organization has each at a time."""

import json
import re
import uuid

import pytest

from shared.runtime.secrets import open_sealed

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(call):
    """`await connect(number, as_=...)`: the answer of save-whatsapp-credentials."""

    async def save(number, *, as_, **changed):
        body = {
            "waba_id": number.business_id,
            "phone_number_id": number.id,
            "access_token": number.token,
            **changed,
        }
        return await call("save-whatsapp-credentials", as_=as_, json=body)

    return save


@pytest.fixture
def kept(tenants):
    """`kept(org)`: the organization's channels as the database has them."""

    def read(org):
        with tenants.database() as database:
            rows = database.execute(
                "SELECT to_jsonb(account) - 'token_sealed', token_sealed FROM channel_accounts AS account"
                " WHERE organization_id = %s ORDER BY created_at",
                (org.id,),
            ).fetchall()
        return [{**row, "token_sealed": sealed} for row, sealed in rows]

    return read


async def test_200_and_the_number_with_its_token_sealed_and_its_webhooks_on(connect, graph, org, kept):
    number = graph.number(name="Zay Store")
    number.subscribed = False
    answer = await connect(number, as_=org.owner, pin="123456")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["platform"], body["external_id"], body["status"]) == ("whatsapp", number.id, "connected")
    assert (body["display_name"], body["phone"]) == ("Zay Store", f"+{number.phone}")
    assert number.subscribed
    assert [each.path for each in graph.received("register")] == [f"{number.id}/register"]
    (row,) = kept(org)
    assert number.token not in answer.text + json.dumps(row, default=repr)
    assert (await open_sealed(org.id, bytes(row["token_sealed"]))).decode() == number.token


@pytest.mark.parametrize(("told", "kept_as"), [(20, 20), (80, None), (1000, 1000)])
async def test_200_and_what_meta_takes_of_the_number_in_a_second_is_known(*, connect, graph, org, kept, told, kept_as):
    number = graph.number()
    number.messages_per_s = told
    assert (await connect(number, as_=org.owner)).status_code == 200
    assert [row["messages_per_second"] for row in kept(org)] == [kept_as]


async def test_the_trail_names_who_connected_it_and_never_the_token(connect, graph, org, tenants):
    agent = org.agent("admin")
    assert (await connect(graph.number(), as_=agent)).status_code == 200
    with tenants.database() as database:
        events = database.execute(
            "SELECT actor_type, actor_id, changes::text FROM audit_events"
            " WHERE organization_id = %s AND entity_type = 'channel_accounts'",
            (org.id,),
        ).fetchall()
    assert [(kind, actor) for kind, actor, _ in events] == [("agent", agent.id)]
    assert "token" not in events[0][2]


async def test_again_renews_the_token_of_the_same_channel(connect, graph, org, kept):
    number = graph.number()
    first = await connect(number, as_=org.owner)
    number.token = "EAAG-renewed"
    again = await connect(number, as_=org.owner)
    assert first.json()["id"] == again.json()["id"]
    (row,) = kept(org)
    assert await open_sealed(org.id, bytes(row["token_sealed"])) == b"EAAG-renewed"


async def test_the_one_number_of_an_account_need_not_be_named_and_one_of_several_must(connect, graph, org):
    first = graph.number()
    alone = await connect(first, as_=org.owner, phone_number_id=None)
    assert alone.json()["external_id"] == first.id
    second = graph.number(business_id=first.business_id, token=first.token)
    several = await connect(first, as_=org.owner, phone_number_id=None)
    assert (several.status_code, several.json()["error"]) == (422, "which_number")
    assert {each["phone_number_id"] for each in several.json()["choices"]} == {first.id, second.id}


async def test_422_for_a_number_that_the_account_does_not_have(connect, graph, org, kept):
    mine, theirs = graph.number(), graph.number()
    answer = await connect(mine, as_=org.owner, phone_number_id=theirs.id)
    assert (answer.status_code, answer.json()["error"]) == (422, "which_number")
    assert kept(org) == []


async def test_422_with_metas_words_for_a_token_that_does_not_open_the_account(connect, graph, org, kept):
    mine, theirs = graph.number(), graph.number()
    for token in ("EAAG-invented", theirs.token):
        answer = await connect(mine, as_=org.owner, access_token=token)
        assert (answer.status_code, answer.json()["error"]) == (422, "credentials_refused")
        assert isinstance(answer.json()["provider_code"], int)
        assert token not in answer.text
    assert kept(org) == []


async def test_409_for_a_number_of_another_organization_until_it_lets_go(connect, call, graph, org, other_org):
    number = graph.number()
    channel = (await connect(number, as_=org.owner)).json()
    taken = await connect(number, as_=other_org.owner)
    assert (taken.status_code, taken.json()["error"]) == (409, "channel_connected_elsewhere")
    assert str(org.id) not in taken.text
    gone = await call("channel-disconnect", as_=org.owner, json={"channel_id": channel["id"]})
    assert (gone.status_code, gone.json()["status"]) == (200, "disconnected")
    assert (await connect(number, as_=other_org.owner)).status_code == 200
    back = await connect(number, as_=org.owner)
    assert back.json()["error"] == "channel_connected_elsewhere"


async def test_what_is_disconnected_keeps_no_token(connect, call, graph, org, kept):
    channel = (await connect(graph.number(), as_=org.owner)).json()
    assert kept(org)[0]["token_sealed"]
    await call("channel-disconnect", as_=org.agent("admin"), json={"channel_id": channel["id"]})
    (row,) = kept(org)
    assert (row["status"], row["token_sealed"]) == ("disconnected", None)


@pytest.mark.parametrize("caller", ["member", "agent"])
async def test_403_before_meta_is_asked_for_who_may_not(caller, connect, graph, org):
    as_ = org.person("member") if caller == "member" else org.agent("write")
    answer = await connect(graph.number(), as_=as_)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert graph.received("phone_numbers") == []


async def test_404_for_disconnecting_another_organizations_channel(connect, call, graph, org, other_org):
    channel = (await connect(graph.number(), as_=org.owner)).json()["id"]
    for wanted in (channel, str(uuid.uuid4())):
        answer = await call("channel-disconnect", as_=other_org.owner, json={"channel_id": wanted})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    (mine,) = (await call("channel-list", as_=org.owner, method="GET")).json()["data"]
    assert mine["status"] == "connected"


async def test_the_list_is_the_organizations_own_and_has_no_token(connect, call, graph, org, other_org):
    number = graph.number()
    await connect(number, as_=org.owner)
    mine = await call("channel-list", as_=org.agent("read"), method="GET")
    theirs = await call("channel-list", as_=other_org.owner, method="GET")
    assert [each["external_id"] for each in mine.json()["data"]] == [number.id]
    assert theirs.json()["data"] == []
    assert not {number.token, "token_sealed"} & set(re.findall(r"\w+", mine.text))


async def test_embedded_signup_exchanges_its_code_once(call, graph, org, kept):
    code, number = graph.world.sign_up(name="New Shop")
    body = {"code": code, "waba_id": number.business_id, "phone_number_id": number.id, "pin": "000000"}
    answer = await call("wa-es-callback", as_=org.owner, json=body)
    assert (answer.status_code, answer.json()["external_id"]) == (200, number.id)
    assert number.registered
    assert number.subscribed
    assert await open_sealed(org.id, bytes(kept(org)[0]["token_sealed"])) == number.token.encode()
    again = await call("wa-es-callback", as_=org.owner, json=body)
    assert (again.status_code, again.json()["error"]) == (422, "credentials_refused")


async def test_a_page_brings_its_instagram_account_along(call, graph, org):
    instagram = graph.instagram(name="zay.store")
    body = {"access_token": instagram.token}
    answer = await call("save-page-credentials", as_=org.owner, json=body)
    assert answer.status_code == 200, answer.text
    found = {each["platform"]: each["external_id"] for each in answer.json()["channels"]}
    assert found["facebook"] == instagram.page_id
    assert found["instagram"] == instagram.id


async def test_a_page_alone_is_connected_alone(call, graph, org):
    page = graph.page(name="Zay")
    answer = await call("save-page-credentials", as_=org.owner, json={"access_token": page.token})
    assert [(each["platform"], each["external_id"]) for each in answer.json()["channels"]] == [("facebook", page.id)]


async def test_an_instagram_login_is_known_by_the_id_that_webhooks_carry(call, graph, org):
    account = graph.instagram()
    body = {"access_token": account.token, "login": "instagram"}
    answer = await call("save-page-credentials", as_=org.owner, json=body)
    assert [each["external_id"] for each in answer.json()["channels"]] == [account.id]


@pytest.mark.parametrize("token", ["EAAG-é", "EAAG\r\nX: y", "", "توكن", "x" * 3000])
async def test_422_for_what_can_be_no_token(token, connect, graph, org):
    answer = await connect(graph.number(), as_=org.owner, access_token=token)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert graph.received("phone_numbers") == []


@pytest.mark.parametrize("code", ["EAAG token", {"secret": "x"}, "x" * 3000])
async def test_a_refused_body_does_not_repeat_its_secret(code, call, org):
    answer = await call("wa-es-callback", as_=org.owner, json={"code": code, "waba_id": "no"})
    assert answer.status_code == 422
    assert str(code) not in answer.text
