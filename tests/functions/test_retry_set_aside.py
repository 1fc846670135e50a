"""POST /functions/v1/retry-set-aside."""

import pytest


@pytest.fixture
def retry(call, service_headers):
    async def ask(**what):
        answer = await call("retry-set-aside", headers=service_headers, json=what)
        assert answer.status_code == 200, answer.text
        return answer.json()["pieces"]

    return ask


async def test_200_retries_after_the_fault_is_mended(*, tell, process, account, other_org, spoiled, retry, texts, rows):
    await tell(account.text(body="poison"))
    assert await retry(organization_id=str(other_org.id)) == 0
    assert await retry(queue="webhooks", organization_id=str(account.org.id)) == 1
    told = await process()
    assert (told["retried"], texts(account.org)) == (0, [])
    spoiled()
    assert (await process())["retried"] == 0
    assert await retry() >= 1
    assert (await process())["retried"] >= 1
    assert texts(account.org) == ["poison"]
    assert rows("SELECT count(*) FROM set_aside WHERE organization_id = %s", account.org.id) == [(0,)]


async def test_403_for_a_tenants_owner(call, org):
    answer = await call("retry-set-aside", as_=org.owner, json={})
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_200_retries_others_beside_one_that_cannot_be_retried(*, tell, account, spoiled, retry, rows):
    await tell(account.text(body="poison"))
    rows(
        "INSERT INTO set_aside (organization_id, queue, subject, error_code, fault)"
        " VALUES (%s, 'files', 'no uuid', 'unreadable', '') RETURNING id",
        account.org.id,
    )
    assert await retry(organization_id=str(account.org.id)) == 1
    rows("DELETE FROM set_aside WHERE organization_id = %s RETURNING id", account.org.id)


async def test_401_without_a_credential(call):
    answer = await call("retry-set-aside", json={})
    assert (answer.status_code, answer.json()["error"]) == (401, "missing_token")
