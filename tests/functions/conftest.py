"""Conversations, files, channels and faults that tests of several functions begin with."""

import uuid
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.domain.messaging.inbox import effects
from shared.providers.meta.events import InboundMessage


@pytest.fixture
def chat(tenants):
    """Provide `chat(org, messages=3)`: a conversation with that many messages of the customer's, `text 0` first."""

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
def upload(call):
    """`await upload(content, as_=..., kind=...)`: the answer of media-upload."""

    async def put(content, *, as_, kind="image", mime_type="image/png", **query):
        headers = {"Content-Type": mime_type}
        return await call("media-upload", as_=as_, params={"kind": kind, **query}, content=content, headers=headers)

    return put


@pytest.fixture
def read_link(http):
    """`await read_link(url)`: what the address answers to anybody."""

    async def get(url, **changed):
        parts = urlsplit(url)
        return await http.get(parts.path, params={**dict(parse_qsl(parts.query)), **changed})

    return get


@pytest.fixture
def save_number(call):
    """`await save_number(number, as_=...)`: the answer of save-whatsapp-credentials."""

    async def save(number, *, as_, **changed):
        body = {
            "waba_id": number.business_id,
            "phone_number_id": number.id,
            "access_token": number.token,
            **changed,
        }
        return await call("save-whatsapp-credentials", as_=as_, json=body)

    return save


@pytest.fixture
def kept_channels(tenants):
    """Provide `kept_channels(org)`: the organization's channels as the database has them."""

    def read(org):
        with tenants.database() as database:
            rows = database.execute(
                "SELECT to_jsonb(account) - 'token_sealed', token_sealed FROM channel_accounts AS account"
                " WHERE organization_id = %s ORDER BY created_at",
                (org.id,),
            ).fetchall()
        return [{**row, "token_sealed": sealed} for row, sealed in rows]

    return read


@pytest.fixture
def spoiled(monkeypatch):
    """Let the reading of messages with the text `poison` fail; `spoiled()` ends the fault."""
    honest = effects._message

    async def fails(tx, channel, event):
        await honest(tx, channel, event)
        if event.content.text == "poison":
            raise KeyError("poison")

    monkeypatch.setitem(effects._EFFECTS, InboundMessage, fails)
    return lambda: monkeypatch.setitem(effects._EFFECTS, InboundMessage, honest)


@pytest.fixture
def texts(rows):
    """Provide `texts(org)`: the texts of all messages of an organization."""

    def of(org):
        found = rows("SELECT content FROM messages WHERE organization_id = %s ORDER BY 1", org.id)
        return [row[0] for row in found]

    return of
