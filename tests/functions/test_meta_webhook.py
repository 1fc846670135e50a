"""POST and GET /functions/v1/meta-webhook, and reading what it kept."""

import json

import pytest

from tests.support.graph import VERIFY_TOKEN

pytestmark = pytest.mark.anyio


async def test_200_makes_one_message_conversation_and_contact(tell, account, rows):
    body = account.text(body="أهلا 👋")
    await tell(body, body)
    await tell(body)
    chats = rows(
        "SELECT platform_chat_id, contact_name, contact_phone, unread_count, last_message, customer_id,"
        " last_inbound_at > now() - interval '1 minute' FROM chats WHERE organization_id = %s",
        account.org.id,
    )
    contacts = rows("SELECT id, first_name, phone_number FROM customers WHERE organization_id = %s", account.org.id)
    messages = rows(
        "SELECT content, direction, status, origin FROM messages WHERE organization_id = %s", account.org.id
    )
    assert chats == [("201012345678", "Mona", "+201012345678", 1, "أهلا 👋", contacts[0][0], True)]
    assert [contact[1:] for contact in contacts] == [("Mona", "+201012345678")]
    assert messages == [("أهلا 👋", "inbound", "delivered", "channel")]


async def test_200_the_verification_is_answered_with_the_bare_challenge(call):
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = await call("meta-webhook", method="GET", params=asked | {"hub.verify_token": VERIFY_TOKEN})
    wrong = await call("meta-webhook", method="GET", params=asked | {"hub.verify_token": "guessed"})
    assert (right.status_code, right.text, right.headers["content-type"].partition(";")[0]) == (
        200,
        "1158201444",
        "text/plain",
    )
    assert (wrong.status_code, wrong.json()["error"]) == (403, "verification_failed")


@pytest.mark.parametrize("function", ["meta-webhook", "whatsapp-webhook", "wa-webhook", "whatsapp-status-webhook"])
async def test_401_for_a_bad_signature_under_every_published_name(post, account, rows, function):
    answer = await post(account.text(), function=function, secret="another")
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
    assert (await post(account.text(body=function), function=function)).status_code == 200
    assert rows("SELECT count(*) FROM webhook_inbox WHERE position(%s in body) > 0", function.encode()) == [(1,)]


async def test_413_for_more_than_meta_ever_sends(post):
    answer = await post(b" " * (4 * 1_048_576 + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'{"object":"page"}', b"\xff\xfe", b'{"entry":' * 2000])
async def test_200_keeps_a_body_that_cannot_be_read(post, process, rows, raw):
    assert (await post(raw)).status_code == 200
    await process()
    # The newest: bodies of before may have been emptied when a person was erased.
    kept = rows(
        "SELECT processed_at IS NOT NULL, unrouted, last_error FROM webhook_inbox WHERE body = %s"
        " ORDER BY id DESC LIMIT 1",
        raw,
    )
    assert kept == [(True, 1, None)]


async def test_200_for_an_unknown_number_whose_body_is_kept(tell, account, rows):
    body = json.loads(json.dumps(account.text()).replace(account.external_id, "999999999999999"))
    body["entry"][0]["id"] = "888888888888888"
    await tell(body)
    assert rows("SELECT count(*) FROM messages WHERE organization_id = %s", account.org.id) == [(0,)]


@pytest.mark.parametrize(
    ("size", "refusal"), [(4_194_304, (401, "bad_signature")), (4_194_305, (413, "payload_too_large"))]
)
async def test_413_for_a_body_over_four_mebibytes(size, refusal, call):
    answer = await call("meta-webhook", content=b" " * size, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == refusal
