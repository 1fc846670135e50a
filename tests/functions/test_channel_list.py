"""GET /functions/v1/channel-list."""

import re


async def test_200_lists_the_channels_of_the_organization_without_tokens(save_number, call, graph, org, other_org):
    number = graph.number()
    await save_number(number, as_=org.owner)
    mine = await call("channel-list", as_=org.agent("read"), method="GET")
    theirs = await call("channel-list", as_=other_org.owner, method="GET")
    assert [each["external_id"] for each in mine.json()["data"]] == [number.id]
    assert theirs.json()["data"] == []
    assert not {number.token, "token_sealed"} & set(re.findall(r"\w+", mine.text))


async def test_401_without_a_token(call):
    answer = await call("channel-list", method="GET")
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
