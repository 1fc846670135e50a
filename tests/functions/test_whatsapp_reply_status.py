"""POST /functions/v1/whatsapp-reply-status."""

TEXT = {"message": "أهلا وسهلا"}


async def test_200_returns_the_state_and_404_for_messages_of_others(*, call, number, chat_with, other_org, rows, heard):
    chat = await chat_with(number)
    sent = (await call("whatsapp-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})).json()
    await heard()
    answer = await call("whatsapp-reply-status", as_=number.org.agent("read"), json={"messageId": sent["id"]})
    told = answer.json()
    assert (answer.status_code, told["id"], told["delivery"], told["status"]) == (
        200,
        sent["id"],
        "delivered",
        "delivered",
    )
    ((inbound,),) = rows("SELECT id::text FROM messages WHERE chat_id = %s AND direction = 'inbound'", chat)
    for caller, message_id in ((other_org.agent(), sent["id"]), (number.org.agent(), inbound)):
        answer = await call("whatsapp-reply-status", as_=caller, json={"message_id": message_id})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_422_without_a_message_id(call, org):
    answer = await call("whatsapp-reply-status", as_=org.agent("read"), json={})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
