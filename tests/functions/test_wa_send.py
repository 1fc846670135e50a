"""POST /functions/v1/wa-send."""

TEXT = {"message": "أهلا وسهلا"}


async def test_200_sends_as_whatsapp_send_message_does(call, graph, number, chat_with):
    body = {"chat_id": await chat_with(number), **TEXT}
    answer = await call("wa-send", as_=number.org.agent("write"), json=body)
    assert (answer.status_code, answer.json()["delivery"]) == (200, "accepted"), answer.text
    (sent,) = graph.sent(number.meta)
    assert (sent.text, sent.opaque) == (TEXT["message"], answer.json()["id"])


async def test_404_for_the_conversation_of_another_organization(*, call, graph, number, chat_with, other_org):
    body = {"chat_id": await chat_with(number), **TEXT}
    answer = await call("wa-send", as_=other_org.agent(), json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert graph.sent(number.meta) == []


async def test_403_for_an_agent_that_may_only_read(call, number, chat_with):
    body = {"chat_id": await chat_with(number), **TEXT}
    answer = await call("wa-send", as_=number.org.agent("read"), json=body)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
