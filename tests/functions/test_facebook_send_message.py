"""POST /functions/v1/facebook-send-message."""

TEXT = {"message": "أهلا وسهلا"}


async def test_200_sends_a_text_in_the_conversation(*, call, graph, joined, org, chat_with):
    page = await joined(org, "facebook")
    body = {"chat_id": await chat_with(page, "998877"), **TEXT}
    answer = await call("facebook-send-message", as_=org.agent("write"), json=body)
    assert (answer.status_code, answer.json()["delivery"]) == (200, "accepted"), answer.text
    (sent,) = graph.sent(page.meta)
    assert sent.text == TEXT["message"]


async def test_200_sends_a_reaction_once(*, call, graph, joined, org, other_org, chat_with, rows, age, deliver):
    """Meta answers with no message id, and no status follows."""
    page, theirs = await joined(org, "facebook"), await joined(other_org, "facebook")
    chat, other_chat = await chat_with(page, "998877"), await chat_with(theirs, "998877")
    ((inbound,),) = rows("SELECT platform_message_id FROM messages WHERE chat_id = %s", chat)
    for emoji, shown in (("❤️", ["❤️"]), ("", [])):
        content = {"type": "reaction", "message_id": inbound, "emoji": emoji}
        answer = await call("facebook-send-message", as_=org.agent(), json={"chat_id": chat, "content": content})
        assert (answer.status_code, answer.json()["delivery"]) == (200, "sent"), answer.text
        state = "SELECT m.status, d.state, d.attempts FROM messages m JOIN message_deliveries d ON d.message_id = m.id"
        assert rows(state + " WHERE m.id = %s", answer.json()["id"]) == [("sent", "sent", 1)]
        ((kept,),) = rows("SELECT reactions FROM messages WHERE platform_message_id = %s", inbound)
        assert [each["emoji"] for each in kept or []] == shown
        age(org, hours=1)
        await deliver()
        assert rows(state + " WHERE m.id = %s", answer.json()["id"]) == [("sent", "sent", 1)]
    assert rows("SELECT coalesce(reactions, '[]') FROM messages WHERE chat_id = %s", other_chat) == [([],)]


async def test_409_for_a_conversation_on_another_channel_names_its_function(call, number, chat_with):
    chat = await chat_with(number)
    answer = await call("facebook-send-message", as_=number.org.agent(), json={"chat_id": chat, **TEXT})
    told = answer.json()
    assert (answer.status_code, told["error"], told["platform"]) == (409, "wrong_channel", "whatsapp")
    assert told["use"] == "whatsapp-send-message"
    assert told["message"].endswith(": call whatsapp-send-message")


async def test_422_for_invisible_text(call, graph, number, chat_with, used):
    body = {"chat_id": await chat_with(number), "message": "\u200b"}
    answer = await call("facebook-send-message", as_=number.org.agent(), json=body)
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", "message")
    assert (graph.sent(number.meta), used(number.org)) == ([], 0)


async def test_404_for_the_conversation_of_another_organization(*, call, graph, joined, org, other_org, chat_with):
    page = await joined(org, "facebook")
    body = {"chat_id": await chat_with(page, "998877"), **TEXT}
    answer = await call("facebook-send-message", as_=other_org.agent(), json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert graph.sent(page.meta) == []


async def test_403_for_an_agent_that_may_only_read(call, joined, org, chat_with):
    body = {"chat_id": await chat_with(await joined(org, "facebook"), "998877"), **TEXT}
    answer = await call("facebook-send-message", as_=org.agent("read"), json=body)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
