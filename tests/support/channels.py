"""Connected channels, and webhooks as Meta signs and sends them."""

import json
import secrets
import time
import uuid
from typing import Any

import pytest

from shared.auth.webhooks import sign_meta
from shared.runtime.secrets import seal
from tests.support.graph import APP_SECRET


class Account:
    """A connected number or page, and the bodies that Meta would send for it."""

    def __init__(self, id_: uuid.UUID, org: Any, platform: str, external_id: str, waba_id: str) -> None:
        self.id, self.org, self.platform, self.external_id, self.waba_id = id_, org, platform, external_id, waba_id
        self.meta: Any = None

    def change(self, value: dict[str, Any], field: str = "messages") -> dict[str, Any]:
        metadata = {"display_phone_number": "201000000000", "phone_number_id": self.external_id}
        value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        return self.entry({"changes": [{"field": field, "value": value}]})

    def entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        kind = {"whatsapp": "whatsapp_business_account", "facebook": "page", "instagram": "instagram"}[self.platform]
        own = self.waba_id if self.platform == "whatsapp" else self.external_id
        return {"object": kind, "entry": [{"id": own, "time": int(time.time()), **entry}]}

    def text(self, sender: str = "201012345678", body: str = "hello", **message: Any) -> dict[str, Any]:
        written = {
            "from": sender,
            "id": f"wamid.{secrets.token_hex(8)}",
            "timestamp": str(int(time.time()) - 5),
            "type": "text",
            "text": {"body": body},
            **message,
        }
        contacts = [{"profile": {"name": "Mona"}, "wa_id": sender}]
        return self.change({"contacts": contacts, "messages": [written]})

    def status(self, message_id: str, status: str, *, at: int = 0, **more: Any) -> dict[str, Any]:
        told = {
            "id": message_id,
            "status": status,
            "timestamp": str(int(time.time()) - 5 + at),
            "recipient_id": "201012345678",
            **more,
        }
        return self.change({"statuses": [told]})

    def item(self, sender: str, **item: Any) -> dict[str, Any]:
        """Return a body of Messenger or Instagram with one item."""
        told = {"sender": {"id": sender}, "recipient": {"id": self.external_id}, "timestamp": int(time.time() * 1000)}
        return self.entry({"messaging": [{**told, **item}]})


@pytest.fixture
def connect(tenants):
    """Provide `connect(org, "whatsapp")`: a channel of that organization that may send."""

    def insert(org, platform="whatsapp", **columns):
        external_id, waba_id = (str(secrets.randbelow(10**15) + 10**15) for _ in range(2))
        with tenants.database() as db:
            row = db.execute(
                "INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id, phone)"
                " VALUES (%s, %s, %s, %s, '+20 100 000 0000') RETURNING id",
                (org.id, platform, external_id, waba_id if platform == "whatsapp" else None),
            ).fetchone()
        return Account(row[0], org, platform, external_id, waba_id)

    return insert


@pytest.fixture
def account(connect, org):
    return connect(org)


@pytest.fixture
def service_headers(services):
    return {"Authorization": f"Bearer {services.secrets.secret_key}"}


@pytest.fixture
def post(call):
    """Send a body as Meta does; the answer."""

    async def send(body, *, function="meta-webhook", secret=APP_SECRET, **kw):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signature = sign_meta(raw, secret)
        return await call(function, content=raw, headers={"X-Hub-Signature-256": signature}, **kw)

    return send


@pytest.fixture
def process(call, service_headers):
    """Run the job that reads the inbox."""

    async def run():
        answer = await call("process-inbox", headers=service_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def tell(post, process):
    """Send bodies and have them read."""

    async def send(*bodies):
        for body in bodies:
            answer = await post(body)
            assert answer.status_code == 200, answer.text
        return await process()

    return send


@pytest.fixture
def rows(tenants):
    """Look behind: `rows("SELECT …", …)`."""

    def ask(statement, *values):
        with tenants.database() as db:
            return db.execute(statement, values).fetchall()

    return ask


@pytest.fixture
def joined(tenants, graph):
    """`await joined(org)`: a number (or page) of the simulated Meta, connected to that organization."""

    async def insert(org, platform="whatsapp"):
        made = {"whatsapp": graph.number, "facebook": graph.page, "instagram": graph.instagram}[platform]()
        sealed = await seal(org.id, made.token.encode())
        with tenants.database() as db:
            row = db.execute(
                "INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id, page_id, token_sealed)"
                " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
                (
                    org.id,
                    platform,
                    made.id,
                    made.business_id,
                    made.page_id if platform == "instagram" else None,
                    sealed,
                ),
            ).fetchone()
        account = Account(row[0], org, platform, made.id, made.business_id)
        account.meta = made
        return account

    return insert


@pytest.fixture
async def number(joined, org):
    return await joined(org)


@pytest.fixture
def deliver(call, service_headers):
    """Run the job that sends what waits."""

    async def run():
        answer = await call("deliver-messages", headers=service_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def heard(graph, process):
    """Let Meta tell what waits there, and have it read."""

    async def run(**manner):
        assert set(await graph.deliver(**manner)) <= {200}
        await process()

    return run


@pytest.fixture
def chat_with(tell, rows):
    """`await chat_with(account)`: a conversation in which the customer has just written; its id."""

    async def begin(account, sender="201012345678"):
        body = (
            account.text(sender)
            if account.platform == "whatsapp"
            else account.item(sender, message={"mid": f"m_{secrets.token_hex(8)}", "text": "hello"})
        )
        await tell(body)
        found = rows(
            "SELECT chat.id FROM chats AS chat JOIN channel_identities AS identity ON identity.chat_id = chat.id"
            " WHERE identity.channel_id = %s AND identity.value = %s",
            account.id,
            sender,
        )
        return str(found[0][0])

    return begin


@pytest.fixture
def age(tenants):
    """Let time pass over everything of an organization: `age(org, hours=25)`."""

    def shift(org, **ago):
        name, value = next(iter(ago.items()))
        with tenants.database() as db:
            db.execute(
                f"UPDATE chats SET last_inbound_at = last_inbound_at - make_interval({name} => %(n)s),"
                f" held_until = held_until - make_interval({name} => %(n)s) WHERE organization_id = %(org)s",
                {"n": value, "org": org.id},
            )
            db.execute(
                f"UPDATE message_deliveries SET state_since = state_since - make_interval({name} => %(n)s),"
                f" next_attempt_at = next_attempt_at - make_interval({name} => %(n)s) WHERE organization_id = %(org)s",
                {"n": value, "org": org.id},
            )
            db.execute(
                f"UPDATE channel_accounts SET held_until = held_until - make_interval({name} => %(n)s),"
                f" resumes_at = resumes_at - make_interval({name} => %(n)s) WHERE organization_id = %(org)s",
                {"n": value, "org": org.id},
            )
            for paces in ("channel_paces", "chat_paces"):
                db.execute(
                    f"UPDATE {paces} SET free_at = free_at - make_interval({name} => %(n)s)"
                    " WHERE organization_id = %(org)s",
                    {"n": value, "org": org.id},
                )

    return shift


@pytest.fixture
def used(rows):
    """Return outbound messages counted of the organization, in all."""

    def count(org):
        found = rows(
            "SELECT period = 'total', used FROM usage_counters WHERE organization_id = %s AND resource = 'messages'",
            org.id,
        )
        assert len({amount for _, amount in found}) <= 1, "month and total differ"
        return found[0][1] if found else 0

    return count
