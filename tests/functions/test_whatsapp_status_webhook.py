"""POST and GET /functions/v1/whatsapp-status-webhook."""

from tests.support.graph import VERIFY_TOKEN


async def test_200_moves_the_status_of_a_message(*, call, post, process, number, chat_with, rows):
    body = {"chat_id": await chat_with(number), "message": "hello"}
    sent = (await call("whatsapp-send-message", as_=number.org.agent(), json=body)).json()
    status = number.status(sent["platform_message_id"], "read")
    assert (await post(status, function="whatsapp-status-webhook")).status_code == 200
    await process()
    assert rows("SELECT status FROM messages WHERE id = %s", sent["id"]) == [("read",)]


async def test_401_for_a_bad_signature(post, account, rows):
    answer = await post(
        account.text(body="unsigned whatsapp_status"), function="whatsapp-status-webhook", secret="another"
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert rows("SELECT 1 FROM webhook_inbox WHERE position(%s in body) > 0", b"unsigned whatsapp_status") == []


async def test_200_answers_the_verification_and_403_with_another_token(call):
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = await call("whatsapp-status-webhook", method="GET", params=query | {"hub.verify_token": VERIFY_TOKEN})
    wrong = await call("whatsapp-status-webhook", method="GET", params=query | {"hub.verify_token": "guessed"})
    assert (right.status_code, right.text) == (200, "1158201444")
    assert (wrong.status_code, wrong.json()["error"]) == (403, "verification_failed")
