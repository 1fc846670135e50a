"""POST /functions/v1/fetch-media: a picture from a customer to the team, and a file from the team to the customer."""

import httpx
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_media_due")]
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 1000


@pytest.fixture
def work(call, services):
    """`await work("process-inbox")`: as the scheduler does."""

    async def run(function):
        answer = await call(function, headers={"Authorization": f"Bearer {services.secrets.secret_key}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
async def number(call, graph, org):
    """Return a number of Meta's that the organization has connected."""
    account = graph.number()
    body = {"waba_id": account.business_id, "access_token": account.token}
    assert (await call("save-whatsapp-credentials", as_=org.owner, json=body)).status_code == 200
    return account


@pytest.fixture
def newest(call, mcp):
    """`await newest(org)`: the newest message of the organization's one conversation."""

    async def read(org):
        (chat,) = (await mcp("nexus_list_conversations", {}, as_=org.agent("read")))["data"]
        query = {"chat_id": chat["id"], "limit": 1}
        page = await call("conversation-messages", as_=org.agent("read"), method="GET", params=query)
        (message,) = page.json()["data"]
        return chat["id"], message

    return read


@pytest.fixture
async def received(graph, org, number, work, newest):
    """Return a customer's picture, fetched; its conversation and message."""
    graph.send_file(number, "201001234567", JPEG, "image/jpeg")
    assert set(await graph.deliver()) == {200}
    await work("process-inbox")
    await work("fetch-media")
    return await newest(org)


async def test_200_fetches_the_picture_of_a_customer(received):
    _, message = received
    (file,) = message["files"]
    assert (message["message_type"], file["status"], file["mime_type"]) == ("image", "stored", "image/jpeg")
    async with httpx.AsyncClient() as anybody:
        got = await anybody.get(file["url"])
    assert (got.status_code, got.content) == (200, JPEG)


@pytest.mark.parametrize("platform", ["page", "instagram"])
async def test_200_fetches_a_picture_on_messenger_and_instagram_by_its_url(*, platform, call, graph, work, newest, org):
    account = getattr(graph, platform)()
    body = {"access_token": account.token, "login": "instagram" if platform == "instagram" else "page"}
    assert (await call("save-page-credentials", as_=org.owner, json=body)).status_code == 200
    graph.send_file(account, "7788990011", JPEG, "image/jpeg")
    assert set(await graph.deliver()) == {200}
    await work("process-inbox")
    await work("fetch-media")
    _, message = await newest(org)
    assert [(file["status"], file["size_bytes"]) for file in message["files"]] == [("stored", len(JPEG))]


async def test_200_marks_a_file_that_the_plan_has_no_room_for(*, graph, org, number, work, newest, tenants):
    with tenants.database() as database:
        database.execute(
            "INSERT INTO usage_counters (organization_id, resource, period, used)"
            " SELECT %s, 'attachment_bytes', 'total', max_attachment_bytes FROM plans WHERE code = %s",
            [org.id, org.plan],
        )
    graph.send_file(number, "201001234567", JPEG, "image/jpeg")
    await graph.deliver()
    await work("process-inbox")
    assert (await work("fetch-media"))["failed"] == 1
    _, message = await newest(org)
    assert [(file["status"], file["failure"]) for file in message["files"]] == [("failed", "no_room")]


async def test_an_uploaded_file_reaches_the_customer(received, call, graph, org, number):
    chat_id, _ = received
    headers = {"Content-Type": "application/pdf"}
    query = {"kind": "document", "file_name": "invoice.pdf"}
    put = await call("media-upload", as_=org.agent("write"), params=query, content=b"%PDF-1.7", headers=headers)
    body = {"chatId": chat_id, "message": "your invoice", "media_id": put.json()["id"]}
    sent = await call("whatsapp-send-message", as_=org.agent("write"), json=body)
    assert sent.status_code == 200, sent.text
    (line,) = graph.sent(number)
    assert line.kind == "document"
    assert line.content["filename"] == "invoice.pdf"
    assert graph.world.files[line.content["id"]].content == b"%PDF-1.7"


async def test_a_file_with_an_invisible_name_is_sent_without_it(received, call, graph, org, number):
    chat_id, _ = received
    headers = {"Content-Type": "application/pdf"}
    query = {"kind": "document", "file_name": "\u200b"}
    put = await call("media-upload", as_=org.agent("write"), params=query, content=b"%PDF-1.7", headers=headers)
    body = {"chatId": chat_id, "media_id": put.json()["id"]}
    sent = await call("whatsapp-send-message", as_=org.agent("write"), json=body)
    assert sent.status_code == 200, sent.text
    assert "filename" not in graph.sent(number)[0].content


async def test_403_for_the_owner_of_an_organization(call, org):
    answer = await call("fetch-media", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_401_without_a_credential(call):
    answer = await call("fetch-media")
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
