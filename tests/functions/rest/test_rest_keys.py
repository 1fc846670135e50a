"""Agent keys over /rest/v1: read, and never written."""

import re
import time
import uuid

import pytest

from functions.rest.advice import ADVICE
from infra.functions import names
from tests.schema.matrix import EXPECTED

pytestmark = pytest.mark.anyio
DEAREST_HASH = "$2b$17$" + "." * 53


@pytest.fixture
def prefix():
    return f"nxs_ak_{uuid.uuid4().hex[:8]}"


@pytest.fixture
def row(org, tenants, prefix):
    """Return what would be a key of a new agent of the organization."""
    with tenants.database() as database:
        (agent,) = database.execute(
            "SELECT agent_id FROM agent_api_keys WHERE id = %s", [org.agent("read").key_id]
        ).fetchone()
    return {"organization_id": str(org.id), "agent_id": str(agent), "name": "k", "prefix": prefix, "scopes": ["read"]}


@pytest.mark.parametrize("key_hash", [DEAREST_HASH, "$2b$31$" + "." * 53, "nonsense", ""])
async def test_403_for_a_key_with_a_hash_of_ones_own(rest, call, org, row, key_hash):
    refused = await rest("POST", "agent_api_keys", as_=org.owner, json={**row, "key_hash": key_hash})
    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert refused.json()["hint"].endswith(ADVICE["agent_api_keys"])
    began = time.monotonic()
    answer = await call("agent-auth", json={"api_key": row["prefix"] + "x" * 40})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_api_key")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("ended", "change"),
    [
        ("is_active = false, revoked_at = now()", {"is_active": True, "revoked_at": None}),
        ("expires_at = now()", {"expires_at": None, "replaced_by": None}),
        ("expires_at = now()", {"expires_at": "2090-01-01T00:00:00Z"}),
        ("is_active = false", {"name": "mine"}),
        ("scopes = '{read}'", {"scopes": ["read", "write", "admin"]}),
    ],
)
async def test_403_for_bringing_a_key_back(rest, org, tenants, ended, change):
    key = org.agent("write").key_id
    asked = "SELECT * FROM agent_api_keys WHERE id = %s"
    with tenants.database() as database:
        database.execute(f"UPDATE agent_api_keys SET {ended} WHERE id = %s", [key])
        before = database.execute(asked, [key]).fetchone()
        answer = await rest("PATCH", f"agent_api_keys?id=eq.{key}", as_=org.owner, json=change)
        assert (answer.status_code, answer.json()["code"]) == (403, "42501")
        assert database.execute(asked, [key]).fetchone() == before


async def test_403_for_a_maker_of_another_organization_exactly_as_for_none(rest, org, other_org, row):
    told = [
        (
            await rest("POST", "agent_api_keys", as_=org.owner, json={**row, "key_hash": "x", "created_by": str(who)})
        ).json()
        for who in (other_org.owner.id, uuid.uuid4())
    ]
    assert told[0] == told[1]
    assert told[0]["code"] == "42501"


async def test_a_taken_prefix_is_refused_like_a_free_one(rest, org, other_org, tenants, row):
    with tenants.database() as database:
        (taken,) = database.execute(
            "SELECT prefix FROM agent_api_keys WHERE id = %s", [other_org.agent("read").key_id]
        ).fetchone()
    told = [
        (await rest("POST", "agent_api_keys", as_=org.owner, json={**row, "key_hash": "x", "prefix": each})).json()
        for each in (taken, row["prefix"])
    ]
    assert told[0] == told[1]


async def test_403_for_deleting_a_key(rest, org):
    key = org.agent("read").key_id
    answer = await rest("DELETE", f"agent_api_keys?id=eq.{key}", as_=org.owner)
    assert (answer.status_code, answer.json()["code"]) == (403, "42501")


async def test_the_maker_of_a_key_is_its_caller(make_key, org, tenants):
    admin = org.person("admin")
    made = await make_key(as_=admin)
    with tenants.database() as database:
        found = database.execute("SELECT created_by FROM agent_api_keys WHERE id = %s", [made["id"]]).fetchone()
    assert found == (admin.id,)


def test_advice_names_tables_and_functions_that_there_are():
    assert set(ADVICE) <= set(EXPECTED)
    named = {word for advice in ADVICE.values() for word in re.findall(r"[a-z]+(?:-[a-z]+)+", advice)}
    assert named <= {name.replace("_", "-") for name in names()}
