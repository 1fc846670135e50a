"""POST /functions/v1/agent-register."""

import asyncio
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


@pytest.fixture
def attempts(tenants):
    """Return the outcomes on record of the attempts under one request id."""

    def look(request_id: str) -> list[str]:
        with tenants.database() as database:
            rows = database.execute("SELECT outcome FROM access_attempts WHERE request_id = %s", [request_id])
            return [outcome for (outcome,) in rows]

    return look


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


async def test_201_keeps_no_more_of_the_key_than_its_prefix_and_a_hash(call, body, tenants):
    made = (await call("agent-register", json=body)).json()
    with tenants.database() as database:
        (row,) = database.execute(
            "SELECT to_jsonb(key) FROM agent_api_keys AS key WHERE agent_id = %s", [made["agent_id"]]
        ).fetchone()
        (trail,) = database.execute(
            "SELECT string_agg(changes::text, '') FROM audit_events WHERE organization_id = %s",
            [made["organization_id"]],
        ).fetchone()
    assert row["key_hash"].startswith("$2b$")
    assert row["prefix"] == made["key_prefix"] == made["api_key"][:15]
    assert made["api_key"] not in str(row)
    assert row["key_hash"] not in trail


@pytest.mark.parametrize(("field", "value"), [
    ("agent_name", ""), ("agent_name", "x" * 101), ("agent_name", None), ("agent_name", 7), ("agent_name", "a\0b"),
    ("agent_platform", "a\nb"), ("agent_platform", "x" * 51), ("owner_email", "nobody"), ("owner_email", "a@b@c.com"),
    ("owner_email", "boss@"), ("owner_email", "a\u0640b@example.com"), ("owner_email", "boss.@example.com"),
    ("owner_email", 7), ("owner_email", "." * 200_000 + "a@example.com"), ("owner_email", f"{'x' * 250}@example.com"),
    ("organization_name", "   "), ("organization_name", "x" * 201),
    ("plan", "growth"), ("plan", None), ("organization_id", str(uuid.UUID(int=1))), ("scopes", ["admin"]),
])  # fmt: skip
async def test_422_for_a_field_that_is_wrong_or_not_ones_to_set(call, body, elsewhere, field, value):
    answer = await call("agent-register", json=body | {field: value}, headers=elsewhere())
    assert (answer.status_code, answer.json()["error"]) in ((422, "invalid_request"), (422, "invalid_value"))
    assert field in answer.text or answer.json()["error"] == "invalid_value"


@pytest.mark.parametrize("field", ["agent_name", "organization_name"])
@pytest.mark.parametrize("unseen", ["\u200b", "\u2063\u00ad", " \u3164 ", "\ufe0f", "\u2800"])
async def test_422_for_an_invisible_name(*, call, body, elsewhere, field, unseen):
    answer = await call("agent-register", json=body | {field: unseen}, headers=elsewhere())
    told = answer.json()
    assert (answer.status_code, told["error"], told["field"]) == (422, "invisible_text", field)


@pytest.mark.parametrize("field", ["agent_name", "agent_platform", "owner_email", "organization_name"])
async def test_422_for_a_field_that_is_missing(call, body, elsewhere, field):
    del body[field]
    answer = await call("agent-register", json=body, headers=elsewhere())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_429_after_five_for_one_owner_from_any_address(call, body, elsewhere, attempts):
    for attempt in range(5):
        email = body["owner_email"].upper() if attempt % 2 else body["owner_email"]
        answer = await call("agent-register", json=body | {"owner_email": email}, headers=elsewhere())
        assert answer.status_code == 201
    refused = await call("agent-register", json=body, headers=elsewhere())
    told = refused.json()
    assert (refused.status_code, told["error"], told["limited_by"]) == (429, "rate_limit_exceeded", "owner_email")
    assert 0 < told["retry_after"] <= 86_400
    assert refused.headers["Retry-After"] == str(told["retry_after"])
    assert attempts(told["request_id"]) == ["rate_limited"]


async def test_429_counts_all_spellings_of_a_mailbox_as_one_owner(call, body, elsewhere):
    name, _, domain = body["owner_email"].partition("@")
    spelled = [f"{name}+{number}@{domain}" for number in range(5)]
    for each in spelled:
        answer = await call("agent-register", json=body | {"owner_email": each}, headers=elsewhere())
        assert answer.status_code == 201
    refused = await call("agent-register", json=body, headers=elsewhere())
    assert (refused.status_code, refused.json()["limited_by"]) == (429, "owner_email")


SPELLINGS = [
    str.upper, "mailto:{}".format, " <{}>, ".format, "{}.".format, "\u200e{}\u3164".format,
    lambda text: text.replace("a", "a\u00ad"), lambda text: text.replace("@", "\uff20").replace(".", "\uff0e"),
    lambda text: "".join(chr(ord(each) + 0xFEE0) if each.isalnum() else each for each in text),
    lambda text: text.replace("@", "\uff0btwo@"), lambda text: text.replace("@", "+1@"),
]  # fmt: skip


@pytest.mark.parametrize("spell", SPELLINGS)
async def test_429_counts_all_spellings_of_an_address_as_one(call, body, elsewhere, spell):
    for _ in range(5):
        assert (await call("agent-register", json=body, headers=elsewhere())).status_code == 201
    spelled = body | {"owner_email": spell(body["owner_email"])}
    refused = await call("agent-register", json=spelled, headers=elsewhere())
    assert (refused.status_code, refused.json().get("limited_by")) == (429, "owner_email")


async def test_201_keeps_the_address_clean(call, body, elsewhere, tenants):
    spelled = "mailto:\u200e" + body["owner_email"].replace("@", "\uff20") + ".\u3164"
    made = (await call("agent-register", json=body | {"owner_email": spelled}, headers=elsewhere())).json()
    with tenants.database() as database:
        (kept,) = database.execute(
            "SELECT owner_email FROM agent_accounts WHERE id = %s", [made["agent_id"]]
        ).fetchone()
    assert kept == body["owner_email"]


async def test_429_counts_the_addresses_of_an_ipv6_network_as_one(call, body):
    network = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"
    statuses = []
    for number in range(21):
        owner = {"owner_email": f"{uuid.uuid4().hex}@example.com"}
        sent = {"X-Forwarded-For": f"[{network}::{number + 1:x}]:{number + 1000}"}
        statuses.append((await call("agent-register", json=body | owner, headers=sent)).status_code)
    assert statuses == [201] * 20 + [429]


async def test_429_after_twenty_from_one_address(call, body):
    for _ in range(20):
        answer = await call("agent-register", json=body | {"owner_email": f"{uuid.uuid4().hex}@example.com"})
        assert answer.status_code == 201
    refused = await call("agent-register", json=body)
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limit_exceeded")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600


async def test_429_holds_against_a_burst(call, body, elsewhere):
    answers = await asyncio.gather(*(call("agent-register", json=body, headers=elsewhere()) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 7


async def test_every_attempt_is_on_record_with_nothing_that_names_anybody(call, body, attempts, tenants, address):
    answer = await call("agent-register", json=body)
    assert attempts(answer.headers["X-Request-Id"]) == ["registered"]
    with tenants.database() as database:
        (row,) = database.execute(
            "SELECT to_jsonb(attempt) FROM access_attempts AS attempt WHERE request_id = %s",
            [answer.headers["X-Request-Id"]],
        ).fetchone()
    assert row["organization_id"] == answer.json()["organization_id"]
    assert body["owner_email"] not in str(row)
    assert address not in str(row)
