"""GET /functions/v1/agent-usage."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.auth import tokens
from shared.quotas.rates import daily_key
from shared.runtime.store import client
from shared.runtime.store.models import Counter

pytestmark = pytest.mark.anyio
CAIRO = ZoneInfo("Africa/Cairo")


@pytest.fixture
def usage(call):
    async def ask(as_):
        answer = await call("agent-usage", method="GET", as_=as_)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.fixture
def counted(tenants, org):
    """Set a counter of the organization as if that much had been used."""

    def put(resource, used, period="total"):
        with tenants.database() as database:
            database.execute(
                "INSERT INTO usage_counters (organization_id, resource, period, used) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (organization_id, resource, period) DO UPDATE SET used = excluded.used",
                [org.id, resource, period, used],
            )

    return put


async def test_200_returns_the_same_to_agents_and_people_except_rights(usage, org):
    seen = [await usage(caller) for caller in (org.agent("read"), org.owner, org.person("member"))]
    everything = ["read", "write", "admin"]
    assert [each["scopes"] for each in seen] == [["read"], everything, ["read", "write"]]
    for each in seen:
        assert each["organization_id"] == str(org.id)
        assert (each["plan"], each["plan_scopes"]) == ("growth", everything)
        assert set(each["usage"]) == {
            "contacts", "orders", "messages", "api_calls", "agents", "items", "labels", "chats", "storage_bytes",
            "attachment_bytes", "trail_bytes", "warehouses",
        }  # fmt: skip
        assert each["upgrade_url"].startswith("https://")
    assert [each["usage"]["api_calls"]["used"] for each in seen] == [1, 2, 3]


@pytest.mark.parametrize("plan", ["free", "starter", "growth"])
async def test_200_returns_everything_that_a_plan_limits(usage, tenants, plan):
    with tenants.database() as database:
        limits = database.execute("SELECT to_jsonb(plans) FROM plans WHERE code = %s", [plan]).fetchone()[0]
    found = (await usage(tenants.org(plan).owner))["usage"]
    limited = {re.sub("^max_|_(month|day)$", "", name): most for name, most in limits.items() if name[:4] == "max_"}
    assert len(limited) > 9
    assert {name: found[name]["limit"] for name in limited} == limited


async def test_200_counts_the_warehouses_of_the_organization_alone(usage, tx_as, org, other_org):
    for each, names in ((org, ["Cairo", "Giza"]), (other_org, ["Dubai"])):
        async with tx_as(each.owner) as tx:
            for name in names:
                await tx.run("INSERT INTO warehouses (name) VALUES (%(name)s)", name=name)
    assert [(await usage(each.owner))["usage"]["warehouses"]["used"] for each in (org, other_org)] == [2, 1]


async def test_200_counts_what_is_there_and_gives_back_what_is_deleted(usage, tx_as, org):
    async with tx_as(org.owner) as tx:
        await tx.run("INSERT INTO customers (first_name) SELECT 'Mona' FROM generate_series(1, 3)")
        await tx.run("INSERT INTO orders (currency) VALUES ('EGP'), ('EGP')")
    async with tx_as(org.owner) as tx:
        await tx.run("SELECT app.erase_contact((SELECT id FROM customers LIMIT 1), true)")
        await tx.run("DELETE FROM orders WHERE id = (SELECT id FROM orders LIMIT 1)")
    found = (await usage(org.owner))["usage"]
    assert (found["contacts"]["used"], found["contacts"]["limit"], found["contacts"]["remaining"]) == (2, 5000, 4998)
    assert (found["orders"]["used"], found["orders"]["limit"], found["orders"]["remaining"]) == (2, None, None)


@pytest.mark.parametrize(("used", "told"), [(3999, None), (4000, "4000 of 5000 contacts are used"),
                                            (5000, "5000 of 5000 contacts are used: the next is refused")])  # fmt: skip
async def test_200_warns_from_80_percent_on(usage, counted, org, used, told):
    counted("contacts", used)
    assert (await usage(org.owner))["warnings"] == ([told] if told else [])


async def test_200_returns_when_the_day_and_the_month_end(usage, org):
    found = (await usage(org.owner))["usage"]
    now = datetime.now(CAIRO)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), CAIRO)
    assert datetime.fromisoformat(found["api_calls"]["resets_at"]) == tomorrow.astimezone(UTC)
    month_ends = datetime.fromisoformat(found["messages"]["resets_at"]).astimezone(CAIRO)
    assert (month_ends.day, month_ends.hour) == (1, 0)
    assert found["contacts"]["resets_at"] is None


async def test_200_shows_a_lower_plan_at_the_next_call(usage, call, org, tenants):
    agent = org.agent("write")
    assert (await usage(agent))["plan"] == "growth"
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'free' WHERE id = %s", [org.id])
    assert (await usage(agent))["plan"] == "free"
    assert (await usage(agent))["scopes"] == ["read"]


async def test_a_lower_plan_takes_the_scope_of_tokens_already_issued(mcp, org, tenants):
    agent = org.agent("write")
    assert not (await mcp("nexus_create_contact", {"first_name": "Mona"}, as_=agent))["is_error"]
    with tenants.database() as database:
        database.execute("UPDATE organizations SET plan_code = 'free' WHERE id = %s", [org.id])
    refused = await mcp("nexus_create_contact", {"first_name": "Nour"}, as_=agent)
    assert (refused["is_error"], refused["error"], refused["resource"]) == (True, "plan_limit_exceeded", "scopes")
    assert refused["upgrade"]
    assert not (await mcp("nexus_list_contacts", as_=agent))["is_error"]


async def test_403_for_a_member_removed_meanwhile(usage, call, org, tenants):
    member = org.person("member")
    await usage(member)
    with tenants.database() as database:
        database.execute("DELETE FROM organization_members WHERE user_id = %s", [member.id])
    refused = await call("agent-usage", method="GET", as_=member)
    assert (refused.status_code, refused.json()["error"]) == (403, "no_organization")


async def test_403_for_a_person_without_an_organization(call, tenants):
    refused = await call("agent-usage", method="GET", as_=tenants.person(None))
    assert (refused.status_code, refused.json()["error"]) == (403, "no_organization")


async def test_403_beyond_the_days_api_calls(call, tenants, base_url):
    org = tenants.org("free")
    agent = org.agent("read")
    used = Counter(daily_key(tokens.verify(agent.token)), 172_800, 490)
    await client.store().add(used)
    await client.close()
    answers = await asyncio.gather(*(call("agent-usage", method="GET", as_=agent) for _ in range(15)))
    told = [answer.json() for answer in answers if answer.status_code != 200]
    assert len(answers) - len(told) == 10
    assert {each["error"] for each in told} == {"plan_limit_exceeded"}
    assert {(each["resource"], each["limit"], each["plan"]) for each in told} == {("api_calls", 500, "free")}
    assert all(each["upgrade"] and each["upgrade_url"] for each in told)


async def test_429_after_a_hundred_calls_a_minute(call, org, elsewhere):
    agent = org.agent("read")
    answers = await asyncio.gather(*(call("agent-usage", method="GET", as_=agent) for _ in range(210)))
    allowed = sum(answer.status_code == 200 for answer in answers)
    assert 100 <= allowed <= 200  # the clock's minute may end in between
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"] == "rate_limit_exceeded"
    assert (refused.json()["limit"], refused.json()["rate_class"]) == (100, "standard")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await call("agent-usage", method="GET", as_=org.agent("read"))).status_code == 200


async def test_every_resource_says_its_period(usage, org):
    found = (await usage(org.agent()))["usage"]
    assert [found[name]["period"] for name in ("contacts", "messages", "api_calls")] == ["total", "month", "day"]
