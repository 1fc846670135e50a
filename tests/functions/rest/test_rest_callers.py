"""Who may call /rest/v1, by which key and token, and what ends it."""

import json
import uuid

import psycopg
import pytest

from shared.auth import tokens
from shared.quotas.rates import RateClass, charge
from shared.runtime.store import client
from tests.schema.matrix import EXPECTED

pytestmark = pytest.mark.anyio


async def test_401_without_the_projects_key_although_a_token_comes(http, org, error_of):
    answer = await http.get("/rest/v1/customers", headers=org.agent().headers)
    assert (answer.status_code, error_of(answer)) == (401, "missing_project_key")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_401_for_a_key_of_another_project(rest, org, error_of):
    answer = await rest("GET", "customers", as_=org.agent(), headers={"apikey": "sb_publishable_wrong"})
    assert (answer.status_code, error_of(answer)) == (401, "unknown_project_key")


async def test_401_for_a_token_that_does_not_verify(rest, error_of):
    answer = await rest("GET", "customers", headers={"Authorization": "Bearer ey.ey.ey"})
    assert (answer.status_code, answer.json()["code"], error_of(answer)) == (401, "PGRST301", "invalid_token")


async def test_401_for_an_api_key_in_place_of_a_token(rest, error_of):
    answer = await rest("GET", "customers", headers={"Authorization": f"Bearer nxs_ak_{'x' * 48}"})
    assert (answer.status_code, error_of(answer)) == (401, "key_is_not_a_token")


async def test_the_key_may_stand_in_the_address_and_filters_nothing(http, org, keys):
    answer = await http.get(f"/rest/v1/labels?apikey={keys['publishable']}&limit=1", headers=org.agent().headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("anonymous", "service"), [("publishable_key", "secret_key"), ("anon_key", "service_role_key")]
)
async def test_a_key_alone_is_anonymous_or_the_service(http, org, services, anonymous, service):
    def ask(kind: str):
        key = getattr(services.secrets, kind)
        headers = {"apikey": key, "Authorization": f"Bearer {key}"}
        return http.get(f"/rest/v1/organizations?select=id&id=eq.{org.id}", headers=headers)

    refused = await ask(anonymous)
    assert (refused.status_code, refused.json()["code"]) == (401, "42501")
    assert (await ask(service)).json() == [{"id": str(org.id)}]


async def test_a_persons_token_wins_over_the_secret_key(rest, org, other_org):
    answer = await rest("GET", "organizations?select=id", as_=org.owner, key="secret")
    assert answer.json() == [{"id": str(org.id)}]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE agent_api_keys SET is_active = false WHERE id = %(key)s",
        "UPDATE agent_api_keys SET expires_at = now() WHERE id = %(key)s",
        "DELETE FROM agent_api_keys WHERE id = %(key)s",
    ],
)
async def test_401_at_once_when_the_key_behind_a_token_ends(rest, org, tenants, error_of, change):
    agent = org.agent()
    assert (await rest("GET", "customers", as_=agent)).status_code == 200
    with tenants.database() as database:
        database.execute(change, {"key": agent.key_id})
    for method in ("GET", "POST", "PATCH", "DELETE", "HEAD"):
        answer = await rest(method, "customers?id=is.null", as_=agent, json={})
        assert answer.status_code == 401
        assert method == "HEAD" or error_of(answer) == "key_revoked"


async def test_403_for_a_person_without_an_organization(rest, tenants, error_of):
    answer = await rest("GET", "customers", as_=tenants.person(None))
    assert (answer.status_code, error_of(answer)) == (403, "no_organization")


async def test_403_for_a_write_with_the_scope_read(rest, org, error_of):
    agent = org.agent("read")
    for method, path in (("POST", "labels"), ("PATCH", "labels?name=eq.x"), ("DELETE", "labels?name=eq.x")):
        answer = await rest(method, path, as_=agent, json={"name": "x"})
        assert (answer.status_code, error_of(answer)) == (403, "insufficient_scope"), answer.text
    assert (await rest("GET", "labels", as_=agent)).status_code == 200


@pytest.mark.parametrize("key", ["publishable", "secret"])
async def test_400_for_a_change_of_every_row(rest, org, key):
    who = org.agent("admin") if key == "publishable" else None
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        refused = await rest(method, "labels", as_=who, key=key, json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "21000"), refused.text


async def test_a_row_that_asks_for_admin_stays_for_an_agent_who_may_only_write(rest, org):
    writer, admin = org.agent("write"), org.agent("admin")
    await rest("POST", "labels", as_=writer, json={"name": "kept"})
    for who, status, left in ((writer, 403, 1), (admin, 204, 0)):
        assert (await rest("DELETE", "labels?name=eq.kept", as_=who)).status_code == status
        assert len((await rest("GET", "labels?name=eq.kept", as_=writer)).json()) == left


@pytest.mark.parametrize("table", [name for name, rights in EXPECTED.items() if rights.delete == "admin"])
async def test_403_for_a_delete_whose_policy_requires_a_higher_scope(rest, org, table):
    nothing = f"{table}?id=eq.{uuid.uuid4()}"
    for who, granted in ((org.agent("write"), ["read", "write"]), (org.person("member"), ["read", "write"])):
        answer = await rest("DELETE", nothing, as_=who)
        told = json.loads(answer.json()["details"])
        assert (answer.status_code, told["error"], told["required"]) == (403, "insufficient_scope", "admin")
        assert (told["granted"], bool(told["remedy"])) == (granted, True)
    assert (await rest("DELETE", nothing, as_=org.agent("admin"))).status_code == 204


async def test_403_for_an_organization_that_a_member_or_an_agent_changes(rest, org, error_of):
    for who in (org.person("member"), org.agent("admin")):
        answer = await rest("PATCH", f"organizations?id=eq.{org.id}", as_=who, json={"name": "Mine"})
        assert (answer.status_code, error_of(answer)) == (403, "insufficient_scope")
    mine = await rest("PATCH", f"organizations?id=eq.{org.id}", as_=org.owner, json={"name": "Mine"})
    assert mine.status_code == 204


async def test_403_for_a_write_on_the_free_plan_although_the_key_holds_the_scope(rest, org, tenants, error_of):
    agent = org.agent("write")
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'free' WHERE id = %s", [org.id])
    answer = await rest("POST", "customers", as_=agent, json={})
    assert (answer.status_code, error_of(answer)) == (403, "plan_limit_exceeded")
    assert (await rest("GET", "customers", as_=agent)).status_code == 200


async def test_403_when_the_plans_contacts_are_used_up(rest, tenants, error_of):
    org = tenants.org(plan="starter")
    with tenants.database() as database:
        database.execute(
            "INSERT INTO customers (organization_id, first_name) SELECT %s, 'n' || n FROM generate_series(1, 499) AS n",
            [org.id],
        )
    agent = org.agent("write")
    two = await rest("POST", "customers", as_=agent, json=[{"first_name": "a"}, {"first_name": "b"}])
    assert (two.status_code, error_of(two)) == (403, "plan_limit_exceeded")
    assert json.loads(two.json()["details"])["resource"] == "contacts"
    assert (await rest("POST", "customers", as_=agent, json={"first_name": "a"})).status_code == 201


async def test_403_when_the_days_calls_are_used_up(rest, tenants, error_of):
    org = tenants.org(plan="free")
    agent = org.agent("read")
    try:
        await charge(RateClass("filling", 1000), tokens.verify(agent.token), address="", calls=500)
    finally:
        await client.close()
    answer = await rest("GET", "customers", as_=agent)
    assert (answer.status_code, error_of(answer)) == (403, "plan_limit_exceeded")
    assert json.loads(answer.json()["details"])["resource"] == "api_calls"


async def test_429_as_everywhere_counted_for_the_caller(rest, org, error_of):
    agent = org.agent("read")
    for _ in range(101):
        answer = await rest("HEAD", "labels", as_=agent)
    refused = await rest("GET", "labels", as_=agent)
    assert answer.status_code == refused.status_code == 429
    assert error_of(refused) == "rate_limit_exceeded"
    assert int(refused.headers["retry-after"]) > 0
    assert (await rest("GET", "labels", as_=org.agent("read"))).status_code == 200


async def test_a_write_is_in_the_trail_with_who_and_under_which_request(rest, org, tenants):
    agent = org.agent("write")
    answer = await rest("POST", "labels", as_=agent, json={"name": "new"})
    request_id = answer.headers["x-request-id"]
    assert (answer.status_code, answer.text) == (201, "")
    with tenants.database() as database:
        found = database.execute(
            "SELECT actor_type, actor_id, request_id FROM audit_events WHERE organization_id = %s AND action = %s",
            [org.id, "labels.insert"],
        ).fetchall()
    assert [(kind, who, request) for kind, who, request in found] == [("agent", agent.id, request_id)]


async def test_a_browser_may_call_with_what_supabase_clients_send(http):
    answer = await http.options(
        "/rest/v1/customers", headers={"Origin": "https://app.example.com", "Access-Control-Request-Method": "PATCH"}
    )
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert answer.status_code == 204
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    for name in ("prefer", "range", "range-unit", "accept-profile", "content-profile", "apikey", "x-client-info"):
        assert name in allowed
    assert "x-retry-count" in allowed


@pytest.fixture
def admit(org, services):
    """Return what a managed platform's PostgREST does before its statement, for an agent with the scope."""

    def call(scope: str, *, read_only: str) -> None:
        claims = tokens.verify(org.agent(scope).token).claims
        with psycopg.connect(services.database_url) as database:
            for name, value in (
                ("role", "authenticated"),
                ("request.jwt.claims", claims),
                ("transaction_read_only", read_only),
            ):
                database.execute("SELECT set_config(%s, %s, true)", [name, value])
            database.execute("SELECT app.admit_request()")

    return call


def test_a_managed_platforms_postgrest_admits_the_same_callers(admit):
    admit("read", read_only="on")
    admit("write", read_only="off")
    with pytest.raises(psycopg.Error) as refused:
        admit("read", read_only="off")
    assert refused.value.sqlstate == "PT403"
    assert json.loads(refused.value.diag.message_detail or "")["error"] == "insufficient_scope"
