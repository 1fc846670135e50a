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
    """The API calls of the organization's days, as Postgres has them."""

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
