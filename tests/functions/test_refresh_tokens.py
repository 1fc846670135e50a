"""POST /functions/v1/refresh-tokens: tokens that end by time are renewed, and where that fails it is told once."""

from datetime import timedelta

import pytest

from shared.kernel.clock import utc_now
from shared.runtime.secrets import open_sealed, seal

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def alone(tenants):
    """Only what a test connects is due in it."""
    with tenants.database() as db:
        db.execute("UPDATE channel_accounts SET token_due_at = NULL WHERE token_due_at IS NOT NULL")


@pytest.fixture
def login(call, graph):
    """`await login(org)`: an account that came through Instagram Login; its simulated side."""

    async def connect(org):
        account = graph.instagram()
        body = {"access_token": account.token, "login": "instagram"}
        answer = await call("save-page-credentials", as_=org.owner, json=body)
        assert answer.status_code == 200, answer.text
        return account

    return connect


@pytest.fixture
def refresh(call, service_headers):
    async def run():
        answer = await call("refresh-tokens", headers=service_headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def a_day_later(tenants):
    def shift(account):
        with tenants.database() as db:
            db.execute("UPDATE channel_accounts SET token_due_at = now() WHERE external_id = %s", (account.id,))

    return shift


@pytest.fixture
def kept(rows):
    """Return when the token ends and when it is due, from now on in days, and the token itself."""

    async def read(account, org):
        ((ends, due, sealed),) = rows(
            "SELECT round(extract(epoch FROM access_expires_at - now()) / 86400)::integer,"
            " round(extract(epoch FROM token_due_at - now()) / 86400)::integer, token_sealed"
            " FROM channel_accounts WHERE external_id = %s",
            account.id,
        )
        return ends, due, (await open_sealed(org.id, bytes(sealed))).decode()

    return read


@pytest.fixture
def told(rows):
    def ask(org):
        return rows("SELECT topic FROM outbox WHERE organization_id = %s AND topic LIKE 'channels.%%'", org.id)

    return ask


async def test_each_tenants_token_is_renewed_and_again_at_half_its_time(
    *, login, refresh, kept, call, org, other_org, told
):
    ours, theirs = await login(org), await login(other_org)
    first = ours.token
    assert await refresh() == {"due": 2, "renewed": 2, "set_aside": 0}
    assert ours.token not in {first, theirs.token}
    assert await kept(ours, org) == (60, 30, ours.token)
    assert await kept(theirs, other_org) == (60, 30, theirs.token)
    assert await refresh() == {"due": 0, "renewed": 0, "set_aside": 0}
    (seen,) = (await call("channel-list", as_=org.owner, method="GET")).json()["data"]
    assert (seen["access_expires_at"] is not None, seen["status"], told(org)) == (True, "connected", [])


async def test_a_token_younger_than_a_day_is_renewed_tomorrow(*, login, refresh, kept, org, told, a_day_later):
    account = await login(org)
    account.token_since = utc_now()
    assert await refresh() == {"due": 1, "renewed": 0, "set_aside": 0}
    assert await kept(account, org) == (None, 1, account.token)
    account.token_since -= timedelta(days=1)
    a_day_later(account)
    assert await refresh() == {"due": 1, "renewed": 1, "set_aside": 0}
    assert ((await kept(account, org))[0], told(org)) == (60, [])


async def test_a_repeated_refusal_of_meta_is_reported_once(*, login, refresh, org, other_org, told, a_day_later, rows):
    account = await login(org)
    await login(other_org)
    for _ in range(5):
        account.token_since = utc_now()
        await refresh()
        a_day_later(account)
    assert (told(org), told(other_org)) == ([("channels.token_ending",)], [])
    assert rows("SELECT status FROM channel_accounts WHERE external_id = %s", account.id) == [("connected",)]


async def test_a_token_that_has_ended_stops_the_channel_once(*, login, refresh, org, told, a_day_later, rows):
    account = await login(org)
    account.token = "another by now"
    for _ in range(2):
        await refresh()
        a_day_later(account)
    assert told(org) == [("channels.disconnected",)]
    ((status, reason),) = rows("SELECT status, status_reason FROM channel_accounts WHERE external_id = %s", account.id)
    assert (status, reason.startswith("connect it again")) == ("disconnected", True)


async def test_a_token_that_a_person_renews_meanwhile_stays(*, login, refresh, graph, org, kept, rows, monkeypatch):
    account = await login(org)
    sealed = await seal(org.id, b"IGAA-by-a-person")
    renew = graph.world.refresh_token

    def after_a_person(account, grant_type):
        rows("UPDATE channel_accounts SET token_sealed = %s WHERE external_id = %s RETURNING id", sealed, account.id)
        renew(account, grant_type)

    monkeypatch.setattr(graph.world, "refresh_token", after_a_person)
    assert await refresh() == {"due": 1, "renewed": 0, "set_aside": 0}
    assert (await kept(account, org))[2] == "IGAA-by-a-person"


async def test_an_expiring_whatsapp_token_is_reported_a_week_before(
    *, call, graph, org, other_org, refresh, told, a_day_later, kept
):
    code, number = graph.world.sign_up()
    number.token_lasts_s = 60 * 86_400
    body = {"code": code, "waba_id": number.business_id}
    answer = await call("wa-es-callback", as_=org.owner, json=body)
    assert (answer.status_code, answer.json()["access_expires_at"] is None) == (200, False)
    assert (await kept(number, org))[:2] == (60, 53)
    assert await refresh() == {"due": 0, "renewed": 0, "set_aside": 0}
    a_day_later(number)
    assert [(await refresh())["due"], (await refresh())["due"]] == [1, 0]
    assert (told(org), told(other_org)) == ([("channels.token_ending",)], [])
