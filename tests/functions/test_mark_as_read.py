"""POST /functions/v1/mark-as-read."""

import uuid


async def test_200_shows_the_customer_the_read_mark_and_counts_nothing(*, call, graph, number, chat_with, rows, used):
    chat = await chat_with(number)
    answer = await call("mark-as-read", as_=number.org.agent(), json={"chatId": chat, "typing": True})
    assert answer.json() == {"chat_id": chat, "unread_count": 0, "customer_told": True}
    body = graph.received("messages")[-1].body
    assert (body["status"], body["typing_indicator"]) == ("read", {"type": "text"})
    assert (rows("SELECT unread_count FROM chats WHERE id = %s", chat), used(number.org)) == ([(0,)], 0)


async def test_200_marks_as_unread_for_later(call, graph, number, chat_with, other_org):
    chat = await chat_with(number)
    agent, before = number.org.agent("write"), len(graph.received("messages"))
    for asked, unread in (({"unread": True}, 1), ({}, 0), ({"unread": True}, 1), ({"unread": True}, 1)):
        answer = await call("mark-as-read", as_=agent, json={"chat_id": chat, **asked})
        assert (answer.status_code, answer.json()["unread_count"]) == (200, unread)
    assert len(graph.received("messages")) == before + 1
    theirs = await call("mark-as-read", as_=other_org.agent("write"), json={"chat_id": chat, "unread": True})
    assert theirs.json()["error"] == "not_found"


async def test_404_for_the_conversation_of_another_organization(*, call, graph, number, chat_with, other_org):
    before = len(graph.received("messages"))
    for caller, wanted in ((other_org, await chat_with(number)), (number.org, str(uuid.uuid4()))):
        answer = await call("mark-as-read", as_=caller.agent(), json={"chat_id": wanted})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert len(graph.received("messages")) == before


async def test_403_for_an_agent_that_may_only_read(call, number, chat_with):
    answer = await call("mark-as-read", as_=number.org.agent("read"), json={"chat_id": await chat_with(number)})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
