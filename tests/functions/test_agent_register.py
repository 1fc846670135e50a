"""POST /functions/v1/agent-register."""

import uuid
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def body() -> dict[str, Any]:
    return {
        "agent_name": "Layla",
        "agent_platform": "claude",
        "owner_email": f"{uuid.uuid4().hex}@example.com",
        "organization_name": "متجر النيل",
    }


async def test_201_gives_a_key_that_opens_the_new_organization(call, body):
    answer = await call("agent-register", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["api_key"].startswith("nxs_ak_")
    assert len(made["api_key"]) == 55
    assert made["scopes"] == ["read"]
    assert made["limits"]["contacts"] == 50
    token = (await call("agent-auth", json={"api_key": made["api_key"]})).json()
    assert token["organization_id"] == made["organization_id"]
    assert token["expires_in"] == 3600
    usage = await call("agent-usage", method="GET", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert usage.json()["plan"] == "free"
