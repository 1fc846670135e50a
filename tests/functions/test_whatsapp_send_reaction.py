"""POST /functions/v1/whatsapp-send-reaction."""

import uuid

import pytest


@pytest.fixture
async def inbound(number, chat_with, rows):
    """Return the id of a message that a customer has just sent."""
    ((found,),) = rows("SELECT id::text FROM messages WHERE chat_id = %s", await chat_with(number))
    return found


async def test_200_sends_a_reaction_and_takes_it_back(*, call, graph, number, inbound, rows):
    for emoji in ("❤️", ""):
        body = {"message_id": inbound, "emoji": emoji}
        answer = await call("whatsapp-send-reaction", as_=number.org.agent("write"), json=body)
        assert answer.status_code == 200, answer.text
        assert graph.received("messages")[-1].body["reaction"]["emoji"] == emoji
        ((kept,),) = rows("SELECT reactions FROM messages WHERE id = %s", inbound)
        assert [each["emoji"] for each in kept or []] == [emoji] * bool(emoji)


async def test_422_for_an_invisible_reaction(call, graph, number, inbound):
    body = {"message_id": inbound, "emoji": "\ufe0f"}
    answer = await call("whatsapp-send-reaction", as_=number.org.agent(), json=body)
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", "emoji")
    assert graph.sent(number.meta) == []


async def test_404_for_the_message_of_another_organization(*, call, graph, number, inbound, other_org):
    for caller, message_id in ((other_org, inbound), (number.org, str(uuid.uuid4()))):
        body = {"message_id": message_id, "emoji": "❤️"}
        answer = await call("whatsapp-send-reaction", as_=caller.agent(), json=body)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert graph.sent(number.meta) == []


async def test_403_for_an_agent_that_may_only_read(call, number, inbound):
    body = {"message_id": inbound, "emoji": "❤️"}
    answer = await call("whatsapp-send-reaction", as_=number.org.agent("read"), json=body)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
