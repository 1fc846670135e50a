"""POST /functions/v1/whatsapp-send-template."""


async def test_200_starts_a_conversation_that_the_customers_answer_joins(call, tell, number, rows):
    body = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "ORD-1"}]}]
    asked = {"phone_number": "+201155556666", "template_name": "order_update", "language": "ar", "components": body}
    answer = await call("whatsapp-send-template", as_=number.org.agent(), json=asked)
    assert answer.json()["delivery"] == "accepted", answer.text
    await tell(number.text("201155556666"))
    assert rows("SELECT id::text FROM chats WHERE organization_id = %s", number.org.id) == [(answer.json()["chat_id"],)]


async def test_422_for_an_invisible_parameter(call, graph, number, chat_with):
    filled = [{"type": "body", "parameters": [{"type": "text", "text": "Mona"}, {"type": "text", "text": "\u200b"}]}]
    body = {"chat_id": await chat_with(number), "template_name": "order_update", "language": "ar", "components": filled}
    answer = await call("whatsapp-send-template", as_=number.org.agent(), json=body)
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", "text")
    assert graph.sent(number.meta) == []


async def test_404_for_the_conversation_of_another_organization(*, call, graph, number, chat_with, other_org):
    body = {"chat_id": await chat_with(number), "template_name": "order_update", "language": "ar", "components": []}
    answer = await call("whatsapp-send-template", as_=other_org.agent(), json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert graph.sent(number.meta) == []


async def test_403_for_an_agent_that_may_only_read(call, graph, number, chat_with):
    body = {"chat_id": await chat_with(number), "template_name": "order_update", "language": "ar", "components": []}
    answer = await call("whatsapp-send-template", as_=number.org.agent("read"), json=body)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    assert graph.sent(number.meta) == []
