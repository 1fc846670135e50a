"""Conversations over /rest/v1: what clients change of them, and what only the inbox and the sending functions write."""

import uuid

import pytest

from functions.rest.advice import ADVICE

pytestmark = pytest.mark.anyio


@pytest.fixture
def chat(org, tenants):
    """Return a WhatsApp conversation in which the customer wrote three days ago."""
    with tenants.database() as database:
        (chat_id,) = database.execute(
            "INSERT INTO chats (organization_id, platform, platform_chat_id, last_inbound_at)"
            " VALUES (%s, 'whatsapp', %s, now() - interval '3 days') RETURNING id",
            [org.id, uuid.uuid4().hex],
        ).fetchone()
    return chat_id


@pytest.fixture
def message(org, tenants, chat):
    with tenants.database() as database:
        (message_id,) = database.execute(
            "INSERT INTO messages (organization_id, chat_id, direction, content, timestamp)"
            " VALUES (%s, %s, 'inbound', 'salam', now() - interval '3 days') RETURNING id",
            [org.id, chat],
        ).fetchone()
    return message_id


@pytest.fixture
def stored(tenants, chat):
    """Return the conversation and its messages as they stand."""

    def read():
        with tenants.database() as database:
            asked = "SELECT to_jsonb(chats), (SELECT jsonb_agg(messages) FROM messages WHERE chat_id = %s)"
            return database.execute(f"{asked} FROM chats WHERE id = %s", [chat, chat]).fetchone()

    return read


@pytest.mark.parametrize(
    "words",
    [
        {"direction": "inbound", "sender_type": "customer", "content": "I agree"},
        {"direction": "outbound", "content": "hello"},
        {"direction": "outbound", "content": "hello", "status": "delivered"},
        {"direction": "inbound", "timestamp": "2090-01-01T00:00:00Z"},
        {"direction": "outbound", "platform_message_id": "wamid.1", "reactions": [{"emoji": "x"}]},
    ],
)
async def test_403_for_a_message_says_what_sends(rest, org, chat, stored, words):
    before = stored()
    for who in (org.agent("write"), org.agent("admin"), org.owner):
        answer = await rest("POST", "messages", as_=who, json={"chat_id": str(chat), **words})
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")
        assert answer.json()["hint"] == f"clients write no new row of messages; {ADVICE['messages']}"
    assert stored() == before


@pytest.mark.parametrize(
    "change",
    [{"status": "read"}, {"content": "no"}, {"direction": "outbound"}, {"reactions": []}, {"created_at": "now"}],
)
async def test_403_for_changing_a_message(rest, org, message, stored, change):
    before = stored()
    answer = await rest("PATCH", f"messages?id=eq.{message}", as_=org.owner, json=change)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")
    assert stored() == before


async def test_403_for_a_conversation_that_would_be_open(rest, org):
    body = {"platform": "whatsapp", "platform_chat_id": "201001234567", "last_inbound_at": "2026-01-01T00:00:00Z"}
    for sent in (body, {key: body[key] for key in ("platform", "platform_chat_id")}):
        answer = await rest("POST", "chats", as_=org.agent("write"), json=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")


@pytest.mark.parametrize(
    "change",
    [
        {"unread_count": 2147483647},
        {"unread_count": 0},
        {"last_inbound_at": "2090-01-01T00:00:00Z"},
        {"contact_phone": "+201001234567"},
        {"customer_id": None},
        {"is_archived": True, "unread_count": 0},
        {"held_until": None},
        {"merged_into": None},
    ],
)
async def test_403_for_what_messages_make_of_a_conversation(rest, org, chat, stored, change):
    before = stored()
    answer = await rest("PATCH", f"chats?id=eq.{chat}", as_=org.agent("admin"), json=change)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")
    refused = next(column for column in change if column != "is_archived")
    may = "a change of chats may have: contact_name, is_archived, assigned_to, metadata"
    assert answer.json()["hint"] == f"{refused} cannot be written; {may}; {ADVICE['chats']}"
    assert stored() == before


async def test_204_for_archiving_assigning_and_keeping_metadata(rest, org, chat):
    member, agent = org.person("member"), org.agent("write")
    for change in (
        {"is_archived": True},
        {"assigned_to": str(member.id)},
        {"assigned_to": str(agent.id).upper()},
        {"assigned_to": None},
        {"metadata": {"ticket": 7}},
    ):
        answer = await rest("PATCH", f"chats?id=eq.{chat}", as_=agent, json=change)
        assert answer.status_code == 204, answer.text


async def test_422_for_assigning_to_a_stranger(rest, org, other_org, chat, error_of):
    for stranger in (str(other_org.owner.id), str(uuid.uuid4()), "Mona", ""):
        answer = await rest("PATCH", f"chats?id=eq.{chat}", as_=org.agent("write"), json={"assigned_to": stranger})
        assert (answer.status_code, error_of(answer)) == (422, "unknown_colleague")


async def test_403_for_a_file_in_a_customers_message(rest, org, tenants, message):
    with tenants.database() as database:
        (media,) = database.execute(
            "INSERT INTO media (organization_id, origin, kind, status) VALUES (%s, 'upload', 'image', 'waiting')"
            " RETURNING id",
            [org.id],
        ).fetchone()
    body = {"message_id": str(message), "media_id": str(media)}
    answer = await rest("POST", "message_media", as_=org.agent("write"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")
