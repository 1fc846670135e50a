"""POST /functions/v1/wa-es-callback."""

import pytest

from shared.runtime.secrets import open_sealed


async def test_200_exchanges_a_code_once(call, graph, org, kept_channels):
    code, number = graph.world.sign_up(name="New Shop")
    body = {"code": code, "waba_id": number.business_id, "phone_number_id": number.id, "pin": "000000"}
    answer = await call("wa-es-callback", as_=org.owner, json=body)
    assert (answer.status_code, answer.json()["external_id"]) == (200, number.id)
    assert number.registered
    assert number.subscribed
    assert await open_sealed(org.id, bytes(kept_channels(org)[0]["token_sealed"])) == number.token.encode()
    again = await call("wa-es-callback", as_=org.owner, json=body)
    assert (again.status_code, again.json()["error"]) == (422, "credentials_refused")


@pytest.mark.parametrize("code", ["EAAG token", {"secret": "x"}, "x" * 3000])
async def test_422_does_not_repeat_the_secret_of_the_body(code, call, org):
    answer = await call("wa-es-callback", as_=org.owner, json={"code": code, "waba_id": "no"})
    assert answer.status_code == 422
    assert str(code) not in answer.text


async def test_403_before_the_code_is_exchanged(call, graph, org):
    code, number = graph.world.sign_up(name="New Shop")
    body = {"code": code, "waba_id": number.business_id, "phone_number_id": number.id}
    refused = await call("wa-es-callback", as_=org.agent("write"), json=body)
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert (await call("wa-es-callback", as_=org.owner, json=body)).status_code == 200


async def test_409_for_the_number_of_another_organization(call, graph, org, other_org, save_number):
    code, number = graph.world.sign_up(name="New Shop")
    body = {"code": code, "waba_id": number.business_id, "phone_number_id": number.id}
    assert (await call("wa-es-callback", as_=org.owner, json=body)).status_code == 200
    refused = await save_number(number, as_=other_org.owner)
    assert (refused.status_code, refused.json()["error"]) == (409, "channel_connected_elsewhere")
