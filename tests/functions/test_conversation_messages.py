"""GET /functions/v1/conversation-messages."""

import uuid

import pytest


@pytest.fixture
def attach(tenants):
    """Provide `attach(org, chat)`: a stored picture at the conversation's newest message; its id."""

    def put(org, chat_id):
        media_id = uuid.uuid4()
        with tenants.database() as database:
            database.execute(
                "INSERT INTO media (id, organization_id, origin, kind, status, mime_type, size_bytes, sha256,"
                " file_name) VALUES (%s, %s, 'channel', 'image', 'stored', 'image/png', 3, repeat('0', 64), 'a.png')",
                (media_id, org.id),
            )
            database.execute(
                "INSERT INTO message_media (organization_id, message_id, media_id) SELECT organization_id, id, %s"
                " FROM messages WHERE chat_id = %s ORDER BY timestamp DESC LIMIT 1",
                (media_id, chat_id),
            )
        return str(media_id)

    return put


async def test_200_returns_messages_newest_first_page_by_page(call, chat, org):
    mine = chat(org, messages=5)
    seen, cursor = [], None
    for _ in range(3):
        query = {"chat_id": mine, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await call("conversation-messages", as_=org.agent("read"), method="GET", params=query)).json()
        seen += [each["content"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [f"text {number}" for number in (4, 3, 2, 1, 0)]
    assert cursor is None


async def test_the_tool_returns_the_same_and_marks_untrusted_text(mcp, chat, attach, org):
    mine = chat(org, messages=2)
    media_id = attach(org, mine)
    page = await mcp("nexus_list_messages", {"chat_id": mine, "limit": 1}, as_=org.agent("read"))
    (message,) = page["data"]
    assert message["content"] == "text 1"
    assert page["untrusted_text_fields"] == ["data.content", "data.details", "data.files.file_name"]
    (file,) = message["files"]
    assert (file["id"], file["status"], file["file_name"]) == (media_id, "stored", "a.png")
    assert file["url"].startswith("http")
    older = await mcp("nexus_list_messages", {"chat_id": mine, "cursor": page["next_cursor"]}, as_=org.agent("read"))
    assert [(each["content"], each["files"]) for each in older["data"]] == [("text 0", [])]


async def test_200_returns_an_empty_page_for_an_empty_conversation(call, chat, org):
    answer = await call("conversation-messages", as_=org.owner, method="GET", params={"chat_id": chat(org)})
    assert (answer.status_code, answer.json()["data"], answer.json()["next_cursor"]) == (200, [], None)


async def test_404_for_the_conversation_of_another_organization(call, mcp, chat, org, other_org):
    theirs = chat(other_org, messages=1)
    for wanted in (theirs, str(uuid.uuid4())):
        answer = await call("conversation-messages", as_=org.owner, method="GET", params={"chat_id": wanted})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
        assert (await mcp("nexus_list_messages", {"chat_id": wanted}, as_=org.agent()))["error"] == "not_found"


@pytest.mark.parametrize("query", [{}, {"chat_id": "x"}, {"chat_id": str(uuid.uuid4()), "limit": 0}])
async def test_422_for_an_invalid_query(call, org, query):
    answer = await call("conversation-messages", as_=org.owner, method="GET", params=query)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
