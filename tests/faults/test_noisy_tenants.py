"""What one organization holds up, others do not wait for."""

import asyncio
import json

import pytest

from shared.auth.webhooks import sign_meta
from tests.support.graph import APP_SECRET

pytestmark = pytest.mark.anyio

MANY = 24
"""Three times the connections of the gateway."""


async def test_a_lock_on_one_organizations_counter_holds_nobody_else(org, other_org, mcp, call):
    agents = [org.agent("write") for _ in range(4)]
    assert not (await mcp("nexus_create_contact", {"first_name": "First"}, as_=agents[0]))["is_error"]
    with org.make.database() as database, database.transaction():
        database.execute("SELECT 1 FROM usage_counters WHERE organization_id = %s FOR UPDATE", [org.id])
        held = [
            asyncio.ensure_future(mcp("nexus_create_contact", {"first_name": f"Contact {n}"}, as_=agents[n % 4]))
            for n in range(MANY)
        ]
        await asyncio.sleep(0.5)
        assert not any(each.done() for each in held)
        async with asyncio.timeout(4):  # Those above wait for five seconds.
            reads = await asyncio.gather(*(call("agent-usage", method="GET", as_=other_org.owner) for _ in range(MANY)))
            exchange = await call("agent-auth", json={"api_key": "nxs_ak_" + "A" * 48})
            body = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
            signature = {"X-Hub-Signature-256": sign_meta(body, APP_SECRET)}
            hook = await call("meta-webhook", content=body, headers=signature)
        assert not any(each.done() for each in held)
    assert {each.status_code for each in reads} == {200}
    assert (exchange.status_code, hook.status_code) == (401, 200)
    assert not any(each["is_error"] for each in await asyncio.gather(*held))
