"""Webhooks that a shared job cannot read, in front of somebody else's."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx

from tests.attack.registry import Broken, attack
from tests.attack.stage import Caller, Stage, tag

LONG = "x" * 5000
POISON: dict[str, dict[str, Any]] = {
    "a long context": {"type": "text", "text": {"body": "x"}, "context": {"id": LONG}},
    "a long system type": {"type": "system", "system": {"type": LONG, "body": "x"}},
    "a long reaction": {"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": LONG}},
    "a far time": {"type": "text", "text": {"body": "x"}, "timestamp": "99999999999999999"},
    "no text": {"type": "text", "text": None},
    "nested without end": {"type": "interactive", "interactive": json.loads("[" * 500 + "]" * 500)},
    "NUL and half a pair": {"type": "text", "text": {"body": "\x00\ud800"}},
}


def _entry(channel: dict[str, str], message: dict[str, Any]) -> dict[str, Any]:
    sender = "2015900" + str(time.time_ns())[-5:]
    written = {"from": sender, "id": f"wamid.{tag()}", "timestamp": str(int(time.time())), **message}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "201500000001", "phone_number_id": channel["external_id"]},
        "contacts": [{"profile": {"name": "Attack"}, "wa_id": sender}],
        "messages": [written],
    }
    return {"id": channel["waba_id"], "changes": [{"field": "messages", "value": value}]}


async def _channel(caller: Caller) -> dict[str, str]:
    return (await caller.rows("channel_accounts?select=external_id,waba_id&platform=eq.whatsapp&limit=1"))[0]


async def _post(stage: Stage, *entries: dict[str, Any]) -> httpx.Response:
    raw = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    signature = "sha256=" + hmac.new((stage.app_secret or "").encode(), raw, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    return await stage.http.post("/functions/v1/meta-webhook", content=raw, headers=headers)


async def _read(stage: Stage) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stage.secret_key}"}
    return await stage.http.post("/functions/v1/process-inbox", headers=headers)


@attack("queues")
async def stand_before_somebody_elses_message(stage: Stage) -> str:
    """What cannot be read is set aside alone: the honest message of another tenant in the same body arrives."""
    shop, rival = await _channel(stage.shop), await _channel(stage.rival)
    for name, poison in POISON.items():
        words = f"honest {tag()}"
        honest = _entry(rival, {"type": "text", "text": {"body": words}})
        answer = await _post(stage, _entry(shop, poison), honest, _entry(shop, poison))
        if not answer.is_success:
            raise Broken(f"{name}: {answer.status_code} {answer.text[:100]}")
        for _ in range(3):
            await _read(stage)
            if found := await stage.rival.rows(f"messages?select=id&content=eq.{words}"):
                break
        if not found:
            raise Broken(f"behind {name} an honest message did not arrive")
    return f"{len(POISON)} poisons, every honest message arrived"


@attack("queues")
async def speak_for_meta(stage: Stage) -> str:
    """A body that Meta did not sign is refused and kept nowhere."""
    entry = _entry(await _channel(stage.shop), {"type": "text", "text": {"body": "forged"}})
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    for signature in ("", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40):
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        answer = await stage.http.post("/functions/v1/meta-webhook", content=raw, headers=headers)
        if answer.is_success:
            raise Broken(f"taken with signature {signature[:12]!r}")
    return str(answer.status_code)
