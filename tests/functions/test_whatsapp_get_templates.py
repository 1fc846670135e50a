"""GET /functions/v1/whatsapp-get-templates."""

import uuid


async def test_422_for_an_invalid_channel_id(call, org):
    answer = await call("whatsapp-get-templates", as_=org.owner, method="GET", params={"channel_id": "x"})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")


async def test_200_lists_the_templates_of_the_channel(call, number):
    query = {"channelId": str(number.id), "onlyApproved": "true"}
    answer = await call("whatsapp-get-templates", as_=number.org.agent("read"), method="GET", params=query)
    assert answer.status_code == 200, answer.text
    assert "order_update" in {template["name"] for template in answer.json()["data"]}


async def test_404_for_the_channel_of_another_organization(call, number, other_org):
    for caller, wanted in ((other_org, number.id), (number.org, uuid.uuid4())):
        query = {"channel_id": str(wanted)}
        answer = await call("whatsapp-get-templates", as_=caller.agent(), method="GET", params=query)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_401_without_a_token(call):
    answer = await call("whatsapp-get-templates", method="GET")
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
