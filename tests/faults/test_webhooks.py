"""Webhooks come in at full rate while a part is killed: what was acknowledged is a message, exactly once."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import time
from typing import Any

import httpx
import pytest

from shared.auth.webhooks import sign_meta
from tests.support.graph import APP_SECRET

pytestmark = pytest.mark.anyio
SENDERS = 8
ROUND = 200
"""Webhooks before and after what happens."""
CUSTOMERS = 20
PATIENCE_S = 60


@pytest.fixture
def number(mortals):
    """Return a connected number of an organization on the parts that may be killed."""
    org, external_id = mortals.org(), str(secrets.randbelow(10**15) + 10**15)
    with mortals.database() as db:
        db.execute(
            "INSERT INTO channel_accounts (organization_id, platform, external_id) VALUES (%s, 'whatsapp', %s)",
            (org.id, external_id),
        )
    return org, external_id


@pytest.fixture
def body():
    def make(external_id: str, number: int) -> tuple[str, bytes]:
        message_id = f"wamid.{secrets.token_hex(12)}"
        sender = f"2010{number % CUSTOMERS:08d}"
        message = {"from": sender, "id": message_id, "timestamp": str(int(time.time())), "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "20100", "phone_number_id": external_id},
            "contacts": [{"profile": {"name": "Mona"}, "wa_id": sender}],
            "messages": [{**message, "text": {"body": f"number {number}"}}],
        }
        told = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
        }
        return message_id, json.dumps(told).encode()

    return make


@pytest.fixture
def load(gateway, body):
    """Sends until `hurt` is over, each body until it is acknowledged, as Meta does; the ids that were acknowledged."""

    async def send(external_id: str, hurt) -> set[str]:
        acknowledged: set[str] = set()
        is_over = asyncio.Event()
        limits = httpx.Limits(max_connections=SENDERS)
        async with httpx.AsyncClient(base_url=gateway.url, timeout=3, limits=limits) as client:

            async def post(raw: bytes) -> None:
                headers = {"X-Hub-Signature-256": sign_meta(raw, APP_SECRET)}
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.post("/functions/v1/meta-webhook", content=raw, headers=headers)
                        assert answer.status_code in {200, 503}, answer.text
                        if answer.status_code == 200:
                            return
                    await asyncio.sleep(0.1)

            async def sender(turn: int) -> None:
                while not is_over.is_set():
                    message_id, raw = body(external_id, turn)
                    await post(raw)
                    acknowledged.add(message_id)
                    turn += SENDERS

            async def hurting() -> None:
                try:
                    await hurt(acknowledged)
                finally:
                    is_over.set()

            await asyncio.gather(hurting(), *(sender(number) for number in range(SENDERS)))
        return acknowledged

    return send


@pytest.fixture
def enough():
    """`await enough(acknowledged)`: until so many more than now are in it."""

    async def wait(acknowledged: set[str]) -> None:
        wanted, deadline = len(acknowledged) + ROUND, time.monotonic() + PATIENCE_S
        while len(acknowledged) < wanted:
            assert time.monotonic() < deadline, "webhooks are not acknowledged any more"
            await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def job(gateway, services):
    """Runs a job until it has nothing to do; a part that was killed may still be coming back."""

    async def run(name: str, done) -> None:
        headers = {"Authorization": f"Bearer {services.secrets.secret_key}"}
        deadline = time.monotonic() + PATIENCE_S
        async with httpx.AsyncClient(base_url=gateway.url, headers=headers, timeout=50) as client:
            while not done():
                assert time.monotonic() < deadline, "the inbox was not read to its end"
                try:
                    answer = await client.post(f"/functions/v1/{name}")
                    assert answer.status_code in {200, 503}, answer.text
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)

    return run


@pytest.mark.parametrize("victim", ["function", "postgres", "store"])
async def test_every_acknowledged_webhook_is_a_message_exactly_once(
    *, victim, number, gateway, load, enough, job, parts, mortals
):
    org, external_id = number

    def ask(statement: str) -> Any:
        with mortals.database() as db:
            return db.execute(statement, {"org": org.id}).fetchall()

    def is_read() -> bool:
        return bool(ask("SELECT count(*) FROM webhook_inbox WHERE processed_at IS NULL") == [(0,)])

    async def hurt(acknowledged: set[str]) -> None:
        reading = asyncio.create_task(job("process-inbox", lambda: len(acknowledged) > 2 * ROUND))
        await enough(acknowledged)
        if victim == "function":
            gateway.kill()
            gateway.start()
        else:
            os.kill((parts.postgres if victim == "postgres" else parts.valkey).pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(parts.revive)
        await enough(acknowledged)
        await reading

    acknowledged = await load(external_id, hurt)
    await job("process-inbox", is_read)
    kept = [row[0] for row in ask("SELECT platform_message_id FROM messages WHERE organization_id = %(org)s")]
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))
    assert ask("SELECT count(*) FROM chats WHERE organization_id = %(org)s") == [(CUSTOMERS,)]
    assert ask("SELECT count(*) FROM customers WHERE organization_id = %(org)s") == [(CUSTOMERS,)]
    unread = ask("SELECT sum(unread_count) FROM chats WHERE organization_id = %(org)s")
    assert unread == [(len(kept),)]
