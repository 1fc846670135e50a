"""Rights end with their ground: at the next statement, on every surface, for tokens already given."""

import re
import uuid

import pytest

from shared.auth import tokens
from shared.quotas.rates import RateClass, charge
from shared.runtime.store import client
from tests.conftest import Caller

pytestmark = pytest.mark.anyio
MCP = {"Accept": "application/json, text/event-stream"}


@pytest.fixture
def surfaces(http, services):
    """`await surfaces(headers)`: the status and the text that each surface answers to that caller."""
    key = {"apikey": services.secrets.publishable_key}
    tools = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nexus_list_contacts"}}

    async def ask(headers):
        asked = {
            "functions": http.get("/functions/v1/agent-usage", headers=headers),
            "make": http.post("/functions/v1/organization-create", headers=headers, json={"name": "Another"}),
            "mcp": http.post("/functions/v1/mcp-server", headers={**headers, **MCP}, json=tools),
            "rest": http.get("/rest/v1/customers", headers={**headers, **key}),
            "rest write": http.post("/rest/v1/customers", headers={**headers, **key}, json={"first_name": "Mona"}),
            "storage": http.get("/storage/v1/bucket", headers=headers),
            "upload": http.post(f"/storage/v1/object/files/{uuid.uuid4()}", headers=headers, content=b"x"),
        }
        answers = {name: await each for name, each in asked.items()}
        return {name: (answer.status_code, answer.text) for name, answer in answers.items()}

    return ask


@pytest.fixture
def signed_in(org, tenants):
    """Return an owner with a session."""
    person, session = org.person("owner"), uuid.uuid4()
    with tenants.database() as database:
        database.execute("INSERT INTO auth.sessions (id, user_id) VALUES (%s, %s)", (session, person.id))
    claims = {
        "sub": str(person.id), "role": "authenticated", "session_id": str(session),
        "app_metadata": {"organization_id": str(org.id), "org_role": "owner"},
    }  # fmt: skip
    return Caller(tokens.mint(claims, ttl_s=600), person.id)


ENDS = {
    "banned": ("UPDATE auth.users SET banned_until = now() + interval '1 h' WHERE id = %s", "account_banned"),
    "deleted": ("UPDATE auth.users SET deleted_at = now() WHERE id = %s", "account_gone"),
    "signed out": ("DELETE FROM auth.sessions WHERE user_id = %s", "session_ended"),
    "over": ("UPDATE auth.sessions SET not_after = now() - interval '1 s' WHERE user_id = %s", "session_ended"),
    "removed": ("DELETE FROM organization_members WHERE user_id = %s", "no_organization"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_person_is_refused_everywhere_at_the_next_statement(surfaces, signed_in, tenants, end):
    before = await surfaces(signed_in.headers)
    assert {name for name, (status, _) in before.items() if status not in (200, 201)} <= {"upload"}, before
    statement, code = ENDS[end]
    with tenants.database() as database:
        database.execute(statement, (signed_in.id,))
    after = await surfaces(signed_in.headers)
    if end == "removed":
        del after["make"]  # Whoever was removed from one organization may make another.
    for name, (status, text) in after.items():
        assert status in (400, 401, 403) or (name == "mcp" and '"isError":true' in text), (name, status, text)
        assert code in text or name in ("storage", "upload"), (name, text)


@pytest.mark.parametrize("end", ["banned", "deleted"])
async def test_an_agent_is_refused_everywhere_when_its_account_does_not_stand(surfaces, org, tenants, end):
    agent = org.agent("admin")
    statement, code = ENDS[end]
    with tenants.database() as database:
        database.execute(statement, (agent.id,))
    after = await surfaces(agent.headers)
    for name, (status, text) in after.items():
        assert status in (400, 401, 403) or (name == "mcp" and '"isError":true' in text), (name, status, text)
        assert code in text or name in ("storage", "upload", "make"), (name, text)


async def test_a_ban_that_is_over_lets_in_again(surfaces, signed_in, tenants):
    with tenants.database() as database:
        database.execute("UPDATE auth.users SET banned_until = now() - interval '1 s' WHERE id = %s", (signed_in.id,))
    assert (await surfaces(signed_in.headers))["functions"][0] == 200


async def test_403_an_anonymous_account_makes_no_organization(call, tenants):
    visitor = tenants.person(None)
    with tenants.database() as database:
        database.execute("UPDATE auth.users SET is_anonymous = true, email = null WHERE id = %s", (visitor.id,))
    refused = await call("organization-create", as_=visitor, json={"name": "Nobody's"})
    assert (refused.status_code, refused.json()["error"]) == (403, "anonymous_account")
    with tenants.database() as database:
        database.execute(
            "UPDATE auth.users SET is_anonymous = false, email = %s WHERE id = %s",
            (f"{visitor.id}@example.com", visitor.id),
        )
    assert (await call("organization-create", as_=visitor, json={"name": "Somebody's"})).status_code == 201


async def test_403_for_a_missing_scope_says_what_the_token_holds_and_what_helps(call, token_of, tenants):
    # The tenant of all contract tests may already have as many agents as its plan allows.
    org = tenants.org()
    made = (await call("agent-api-key-create", as_=org.owner, json={"name": "A", "scopes": ["write"]})).json()
    form = {"grant_type": "client_credentials", "client_secret": made["api_key"], "scope": "read"}
    narrowed = (await call("agent-auth", data=form)).json()["access_token"]

    async def refused(headers, tool, arguments):
        answer = await call("mcp-server", headers={**headers, **MCP}, json={
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments},
        })  # fmt: skip
        return answer.json()["result"]["structuredContent"]

    write = ("nexus_create_contact", {"first_name": "Mona"})
    told = await refused({"Authorization": f"Bearer {narrowed}"}, *write)
    assert (told["error"], told["required"], told["granted"]) == ("insufficient_scope", "write", ["read"])
    assert told["remedy"] == "exchange_again"
    assert "exchange the key again" in told["message"]
    assert "ask an owner" not in told["message"]
    usage = await call("agent-usage", method="GET", headers={"Authorization": f"Bearer {narrowed}"})
    assert usage.json()["scopes"] == ["read"]
    with tenants.database() as database:
        database.execute("UPDATE agent_api_keys SET scopes = '{read}' WHERE id = %s", (made["id"],))
    told = await refused(await token_of(made["api_key"]), *write)
    assert (told["granted"], told["remedy"]) == (["read"], "ask_for_a_key")
    member = org.person("member")
    told = (await call("agent-api-key-create", as_=member, json={"name": "B"})).json()
    assert (told["error"], told["granted"], told["remedy"]) == ("insufficient_scope", ["read", "write"], "ask_an_owner")


@pytest.fixture
def reads(http, services):
    """`await reads(headers)`: what each surface answers to a caller who reads."""
    key = {"apikey": services.secrets.publishable_key}
    tools = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nexus_list_contacts"}}

    async def ask(headers):
        return {
            "functions": await http.get("/functions/v1/agent-usage", headers=headers),
            "mcp": await http.post("/functions/v1/mcp-server", headers={**headers, **MCP}, json=tools),
            "rest": await http.get("/rest/v1/customers", headers={**headers, **key}),
            "rest head": await http.head("/rest/v1/customers", headers={**headers, **key}),
            "storage": await http.get("/storage/v1/bucket", headers=headers),
        }

    return ask


@pytest.mark.parametrize(
    ("before", "after", "remedy", "word"),
    [
        (False, False, "organization_create", "belongs to no organization: ask"),
        (False, True, "refresh_token", "belongs to an organization that its token does not name: refresh the token"),
        (True, False, "organization_create", "no longer a member of the organization that its token names: ask"),
        (True, True, "refresh_token", "that its token names, but belongs to another: refresh the token"),
    ],
)
async def test_403_for_a_non_member_says_what_helps(*, reads, org, other_org, tenants, before, after, remedy, word):
    person = org.person("member") if before else tenants.person(None)
    with tenants.database() as database:
        database.execute("DELETE FROM organization_members WHERE user_id = %s", (person.id,))
        if after:
            database.execute("INSERT INTO organization_members VALUES (%s, %s, 'member')", (other_org.id, person.id))
    answers = await reads(person.headers)
    for name in ("functions", "mcp", "rest"):
        text = answers[name].text.replace("\\", "").replace('": "', '":"')
        assert '"error":"no_organization"' in text, text
        assert f'"remedy":"{remedy}"' in text, text
        assert word in text, text


async def test_a_spent_day_says_on_every_surface_when_it_ends(reads, tenants):
    agent = tenants.org("free").agent("read")
    try:
        await charge(RateClass("of this test", 1000), tokens.verify(agent.token), address="", calls=501)
    finally:
        await client.close()
    told = re.compile(r"the next day begins at \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)")
    for name, answer in (await reads(agent.headers)).items():
        assert 0 < int(answer.headers["retry-after"]) <= 86_400, name
        assert name == "rest head" or told.search(answer.text), answer.text
