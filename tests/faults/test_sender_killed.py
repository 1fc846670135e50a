"""The process that sends is killed between call and outcome: Meta's word decides, and nothing goes out twice."""

import asyncio
import time

import httpx
import pytest

from shared.runtime.secrets import seal

pytestmark = pytest.mark.anyio
CUSTOMER = "201590000077"
PATIENCE_S = 30


@pytest.fixture
async def number(mortals, graph):
    """Return a number of Meta's, connected to an organization on the parts of these tests, and a conversation on it."""
    org, number = mortals.org(), graph.number()
    sealed = await seal(org.id, number.token.encode())
    with mortals.database() as db:
        row = db.execute(
            """
            WITH channel AS (
              INSERT INTO channel_accounts (organization_id, platform, external_id, waba_id, token_sealed)
              VALUES (%(org)s, 'whatsapp', %(number)s, %(waba)s, %(sealed)s)
              RETURNING id
            )
            INSERT INTO chats (organization_id, platform, channel_id, platform_chat_id, contact_platform_id,
              last_inbound_at)
            SELECT %(org)s, 'whatsapp', id, %(customer)s, %(customer)s, now() FROM channel
            RETURNING id
            """,
            {"org": org.id, "number": number.id, "waba": number.business_id, "sealed": sealed, "customer": CUSTOMER},
        ).fetchone()
    return org, number, str(row[0])


@pytest.fixture
def state(mortals):
    def read(org):
        with mortals.database() as db:
            found = db.execute("SELECT state FROM message_deliveries WHERE organization_id = %s", (org.id,)).fetchall()
        return [each for (each,) in found]

    return read


@pytest.fixture
def an_hour_later(mortals):
    def shift(org):
        with mortals.database() as db:
            db.execute(
                "UPDATE message_deliveries SET state_since = state_since - interval '1 hour'"
                " WHERE organization_id = %s",
                (org.id,),
            )

    return shift


@pytest.fixture
async def job(gateway, services):
    """`await job("deliver-messages")`: once the gateway answers again."""
    headers = {"Authorization": f"Bearer {services.secrets.secret_key}"}
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers, timeout=30) as client:

        async def run(name: str) -> None:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    answer = await client.post(f"/functions/v1/{name}")
                except httpx.HTTPError:
                    assert time.monotonic() < deadline, "the gateway does not come back"
                    await asyncio.sleep(0.1)
                    continue
                assert answer.status_code == 200, answer.text
                return

        yield run


@pytest.fixture
async def killed(gateway, graph, number, job):
    """`await killed("timeout")`: a send meets that fault, and the process dies while it waits for the answer."""

    async def send(fault: str) -> None:
        org, account, chat = number
        await job("process-inbox")
        graph.fail(fault, account=account)
        body = {"chat_id": chat, "message": "أهلا"}
        async with httpx.AsyncClient(base_url=gateway.url, headers=org.agent().headers, timeout=30) as client:
            waiting = asyncio.create_task(client.post("/functions/v1/whatsapp-send-message", json=body))
            while not any(each.fault for each in graph.received(f"{account.id}/messages")):
                assert not waiting.done(), waiting.result().text
                await asyncio.sleep(0.02)
            gateway.kill()
            with pytest.raises(httpx.HTTPError):
                await waiting
        gateway.start()

    return send


async def test_a_message_that_meta_accepted_is_never_sent_again(
    *, killed, gateway, graph, number, job, state, an_hour_later, monkeypatch
):
    org, account, _ = number
    await killed("timeout")
    assert state(org) == ["sending"]
    await job("deliver-messages")
    monkeypatch.setattr(graph.courier, "url", f"{gateway.url}/functions/v1/meta-webhook")
    assert set(await graph.deliver(copies=2, shuffled=True)) == {200}
    await job("process-inbox")
    assert state(org) == ["delivered"]
    for _ in range(3):
        an_hour_later(org)
        await job("deliver-messages")
    assert (len(graph.sent(account)), state(org)) == (1, ["delivered"])


async def test_a_message_that_meta_never_received_is_sent_once_later(
    *, killed, graph, number, job, state, an_hour_later
):
    org, account, _ = number
    await killed("lost")
    await job("deliver-messages")
    assert (state(org), graph.sent(account)) == (["sending"], [])
    an_hour_later(org)
    await job("deliver-messages")
    assert (state(org), graph.sent(account)) == (["unknown"], [])
    for _ in range(3):
        an_hour_later(org)
        await job("deliver-messages")
    assert (state(org), len(graph.sent(account))) == (["accepted"], 1)
