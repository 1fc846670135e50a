"""POST /functions/v1/conversation-archive."""

import uuid


async def test_200_closes_a_conversation_until_the_customer_writes_again(call, chat, org, tenants):
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


async def test_404_for_the_conversation_of_another_organization(call, chat, org, other_org):
    for wanted in (chat(other_org, messages=1), str(uuid.uuid4())):
        answer = await call("conversation-archive", as_=org.owner, json={"chat_id": wanted})
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_403_for_an_agent_that_may_only_read(call, chat, org):
    answer = await call("conversation-archive", as_=org.agent("read"), json={"chat_id": chat(org)})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
