"""What those who answer a conversation read in it, and whose it is, always beside a second tenant."""

import uuid

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def chat(tenants):
    """`chat(org, messages=3)`: a conversation with that many messages of the customer's, `text 0` first."""

    def make(org, *, messages=0):
        chat_id = uuid.uuid4()
        with tenants.database() as database:
            database.execute(
                "INSERT INTO chats (id, organization_id, platform, platform_chat_id) VALUES (%s, %s, 'whatsapp', %s)",
                (chat_id, org.id, uuid.uuid4().hex),
            )
            for number in range(messages):
                database.execute(
                    "INSERT INTO messages (organization_id, chat_id, content, direction, sender_type, timestamp)"
                    " VALUES (%s, %s, %s, 'inbound', 'customer', timestamptz '2026-01-01' + make_interval(mins => %s))",
                    (org.id, chat_id, f"text {number}", number),
                )
        return str(chat_id)

    return make


@pytest.fixture
def attach(tenants):
    """`attach(org, chat)`: a stored picture at the conversation's newest message; its id."""

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


async def test_messages_come_newest_first_page_by_page(call, chat, org):
    mine = chat(org, messages=5)
    seen, cursor = [], None
    for _ in range(3):
        query = {"chat_id": mine, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await call("conversation-messages", as_=org.agent("read"), method="GET", params=query)).json()
        seen += [each["content"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert seen == [f"text {number}" for number in (4, 3, 2, 1, 0)]
    assert cursor is None


async def test_the_tool_gives_the_same_and_marks_customers_words(mcp, chat, attach, org):
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


async def test_404_for_another_organizations_conversation_exactly_as_for_none(call, mcp, chat, org, other_org):
    theirs = chat(other_org, messages=1)
    changes = {
        "conversation-assign": {"assigned_to": None},
        "conversation-archive": {},
    }
    for wanted in (theirs, str(uuid.uuid4())):
        read = await call("conversation-messages", as_=org.owner, method="GET", params={"chat_id": wanted})
        answers = [read] + [
            await call(function, as_=org.owner, json={"chat_id": wanted, **body}) for function, body in changes.items()
        ]
        assert [(each.status_code, each.json()["error"]) for each in answers] == [(404, "not_found")] * 3
        assert (await mcp("nexus_list_messages", {"chat_id": wanted}, as_=org.agent()))["error"] == "not_found"


async def test_an_empty_conversation_is_an_empty_page(call, chat, org):
    answer = await call("conversation-messages", as_=org.owner, method="GET", params={"chat_id": chat(org)})
    assert (answer.status_code, answer.json()["data"], answer.json()["next_cursor"]) == (200, [], None)


@pytest.mark.parametrize("colleague", ["member", "agent", "owner"])
async def test_a_conversation_is_given_to_a_colleague_and_taken_back(colleague, call, chat, org):
    mine = chat(org)
    to = {"member": org.person("member"), "agent": org.agent("read"), "owner": org.owner}[colleague]
    given = await call("conversation-assign", as_=org.agent("write"), json={"chat_id": mine, "assigned_to": str(to.id)})
    assert (given.status_code, given.json()["assigned_to"]) == (200, str(to.id))
    taken = await call("conversation-assign", as_=org.owner, json={"chat_id": mine, "assigned_to": None})
    assert taken.json()["assigned_to"] is None


async def test_422_for_a_colleague_of_another_organization_or_of_none(call, chat, org, other_org):
    mine = chat(org)
    for stranger in (other_org.owner.id, other_org.agent().id, uuid.uuid4()):
        answer = await call("conversation-assign", as_=org.owner, json={"chat_id": mine, "assigned_to": str(stranger)})
        assert (answer.status_code, answer.json()["error"]) == (422, "unknown_colleague")


async def test_a_closed_conversation_opens_with_the_customers_next_message(call, chat, org, tenants):
    mine = chat(org, messages=1)
    closed = await call("conversation-archive", as_=org.agent("write"), json={"chat_id": mine})
    assert (closed.status_code, closed.json()["is_archived"]) == (200, True)
    opened = await call("conversation-archive", as_=org.owner, json={"chat_id": mine, "is_archived": False})
    assert opened.json()["is_archived"] is False
    await call("conversation-archive", as_=org.owner, json={"chat_id": mine})
    with tenants.database() as database:
        database.execute(
            "INSERT INTO messages (organization_id, chat_id, content, direction) VALUES (%s, %s, 'hello?', 'inbound')",
            (org.id, mine),
        )
        row = database.execute("SELECT is_archived, unread_count FROM chats WHERE id = %s", (mine,)).fetchone()
    assert row == (False, 2)


async def test_403_for_changes_by_who_may_only_read(call, chat, org):
    mine = chat(org)
    for function, body in {"conversation-assign": {"assigned_to": None}, "conversation-archive": {}}.items():
        answer = await call(function, as_=org.agent("read"), json={"chat_id": mine, **body})
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
