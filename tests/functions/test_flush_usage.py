"""POST /functions/v1/flush-usage."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def flush(call, services):
    async def send(**headers):
        bearer = {"Authorization": f"Bearer {services.secrets.secret_key}"}
        return await call("flush-usage", headers=bearer | headers)

    return send


@pytest.fixture
def kept(tenants, org):
    """Return the API calls of the organization's days, as Postgres has them."""

    def look():
        with tenants.database() as database:
            rows = database.execute(
                "SELECT used FROM usage_counters WHERE organization_id = %s AND resource = 'api_calls'", [org.id]
            )
            return [used for (used,) in rows]

    return look


async def test_200_copies_the_days_calls_to_postgres(flush, call, kept, org):
    for _ in range(3):
        await call("agent-usage", method="GET", as_=org.owner)
    answer = await flush()
    assert answer.status_code == 200
    assert answer.json()["organizations"] >= 1
    assert kept() == [3]


async def test_200_again_never_lowers_a_count(flush, call, kept, org, tenants):
    await call("agent-usage", method="GET", as_=org.owner)
    await flush()
    with tenants.database() as database:
        database.execute("UPDATE usage_counters SET used = 40 WHERE organization_id = %s", [org.id])
    await flush()
    assert kept() == [40]


async def test_403_for_everybody_but_the_service(call, org, services):
    for caller in (org.owner, org.agent("admin")):
        answer = await call("flush-usage", as_=caller)
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_401_without_a_credential_and_403_with_the_publishable_key(call, services):
    assert (await call("flush-usage")).status_code == 401
    public = {"Authorization": f"Bearer {services.secrets.publishable_key}"}
    assert (await call("flush-usage", headers=public)).status_code == 403


@pytest.fixture
def flushed(tenants):
    """Return what Postgres was told of an organization's day before the store lost its counts."""

    def keep(org, used):
        with tenants.database() as database:
            database.execute(
                "INSERT INTO usage_counters (organization_id, resource, period, used)"
                " VALUES (%s, 'api_calls', to_char(now() AT TIME ZONE 'Africa/Cairo', 'YYYY-MM-DD'), %s)",
                [org.id, used],
            )

    return keep


async def test_403_goes_on_where_the_store_has_lost_a_day_that_was_used_up(call, tenants, flushed):
    org = tenants.org("free")
    with tenants.database() as database:
        [limit] = database.execute("SELECT max_api_calls_day FROM plans WHERE code = 'free'").fetchone()
    flushed(org, limit)
    answers = [await call("agent-usage", method="GET", as_=org.owner) for _ in range(5)]
    assert {(each.status_code, each.json().get("resource")) for each in answers} == {(403, "api_calls")}
    assert answers[-1].json()["current"] == limit + 5


async def test_a_count_that_was_lost_goes_on_and_is_flushed_as_one(call, flush, kept, org, flushed):
    flushed(org, 40)
    for used in (41, 42):
        answer = await call("agent-usage", method="GET", as_=org.owner)
        assert answer.json()["usage"]["api_calls"]["used"] == used
    await flush()
    assert kept() == [42]
