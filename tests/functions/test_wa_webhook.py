"""POST and GET /functions/v1/wa-webhook."""

from tests.support.graph import VERIFY_TOKEN


async def test_200_keeps_the_message_of_each_organization(*, post, process, account, connect, other_org, rows):
    theirs = connect(other_org)
    for each, text in ((account, "mine"), (theirs, "theirs")):
        assert (await post(each.text(body=text), function="wa-webhook")).status_code == 200
    await process()
    for org, text in ((account.org, "mine"), (other_org, "theirs")):
        assert rows("SELECT content FROM messages WHERE organization_id = %s", org.id) == [(text,)]


async def test_401_for_a_bad_signature(post, account, rows):
    answer = await post(account.text(body="unsigned wa"), function="wa-webhook", secret="another")
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert rows("SELECT 1 FROM webhook_inbox WHERE position(%s in body) > 0", b"unsigned wa") == []


async def test_200_answers_the_verification_and_403_with_another_token(call):
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = await call("wa-webhook", method="GET", params=query | {"hub.verify_token": VERIFY_TOKEN})
    wrong = await call("wa-webhook", method="GET", params=query | {"hub.verify_token": "guessed"})
    assert (right.status_code, right.text) == (200, "1158201444")
    assert (wrong.status_code, wrong.json()["error"]) == (403, "verification_failed")
