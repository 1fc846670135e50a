"""POST /functions/v1/deliver-messages."""

import pytest


@pytest.fixture
def queue(call, graph):
    """`await queue(number, chat)`: a message that Meta refused for now and that waits; its id."""

    async def send(number, chat):
        graph.fail("429", account=number.meta)
        body = {"chat_id": chat, "message": "hello"}
        answer = (await call("whatsapp-send-message", as_=number.org.agent(), json=body)).json()
        assert answer["delivery"] == "queued", answer
        return answer["id"]

    return send


async def test_200_sends_what_waits_in_each_organization(
    *, joined, org, other_org, chat_with, queue, age, deliver, rows
):
    numbers = [await joined(org), await joined(other_org)]
    waiting = [await queue(number, await chat_with(number)) for number in numbers]
    for number in numbers:
        age(number.org, mins=10)
    assert (await deliver())["accepted"] >= 2  # Those of other tests may be due by now.
    for message_id in waiting:
        assert rows("SELECT state FROM message_deliveries WHERE message_id = %s", message_id) == [("accepted",)]


async def test_200_sends_nothing_twice(*, graph, number, chat_with, queue, age, deliver):
    await queue(number, await chat_with(number))
    age(number.org, mins=10)
    await deliver()
    await deliver()
    assert len(graph.sent(number.meta)) == 1


async def test_403_for_the_owner_of_an_organization(call, org):
    answer = await call("deliver-messages", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_401_without_a_credential(call):
    answer = await call("deliver-messages")
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
