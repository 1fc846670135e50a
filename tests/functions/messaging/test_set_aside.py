"""What is set aside: told to its own organization, and tried again by time and by hand."""

import pytest

from shared.kernel.errors import Unavailable
from shared.providers.meta.events import InboundMessage

pytestmark = pytest.mark.anyio


@pytest.fixture
def spoiled(monkeypatch):
    """Let the reading of messages with the text `poison` fail; `spoiled()` mends it."""
    from shared.domain.messaging.inbox import effects  # noqa: PLC0415

    honest = effects._message

    async def fails(tx, channel, event):
        await honest(tx, channel, event)
        if event.content.text == "poison":
            raise KeyError("poison")

    monkeypatch.setitem(effects._EFFECTS, InboundMessage, fails)
    return lambda: monkeypatch.setitem(effects._EFFECTS, InboundMessage, honest)


@pytest.fixture
def texts(rows):
    def of(org):
        found = rows("SELECT content FROM messages WHERE organization_id = %s ORDER BY 1", org.id)
        return [row[0] for row in found]

    return of


@pytest.fixture
def retry(call, service_headers):
    async def ask(**what):
        answer = await call("retry-set-aside", headers=service_headers, json=what)
        assert answer.status_code == 200, answer.text
        return answer.json()["pieces"]

    return ask


async def test_one_event_of_a_body_is_set_aside_and_the_others_are_read(
    *, tell, account, connect, other_org, spoiled, texts
):
    theirs = connect(other_org)
    body = account.text(body="poison")
    for each in (account.text(body="before"), theirs.text(body="theirs"), account.text(body="after")):
        body["entry"] += each["entry"]
    told = await tell(body)
    assert (told["bodies"], told["events"], told["set_aside"]) == (1, 4, 1)
    assert (texts(account.org), texts(other_org)) == (["after", "before"], ["theirs"])


async def test_its_organization_sees_it_and_no_other(*, tell, account, other_org, spoiled, http, services):
    await tell(account.text(body="poison"))
    for caller, count in ((account.org.agent("read"), 1), (other_org.owner, 0)):
        headers = {"apikey": services.secrets.publishable_key, **caller.headers}
        answer = await http.get("/rest/v1/set_aside?select=queue,error_code,attempts", headers=headers)
        assert answer.json() == [{"queue": "webhooks", "error_code": "internal_error", "attempts": 1}] * count


async def test_it_is_done_by_hand_once_the_fault_is_mended(
    *, tell, process, account, other_org, spoiled, retry, texts, rows
):
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


async def test_pauses_grow_to_a_day(tell, process, account, spoiled, rows):
    await tell(account.text(body="poison"))
    asked = (
        "SELECT extract(epoch FROM next_attempt_at - updated_at)::int / 60 FROM set_aside WHERE organization_id = %s"
    )
    waits = []
    for _ in range(8):
        waits.append(rows(asked, account.org.id)[0][0])
        rows("UPDATE set_aside SET next_attempt_at = now() WHERE organization_id = %s RETURNING id", account.org.id)
        await process()
    assert waits == [1, 4, 16, 64, 256, 1024, 1440, 1440]


async def test_a_body_that_ends_its_worker_does_not_come_first_again(
    *, post, process, account, monkeypatch, rows, texts
):
    from shared.domain.messaging.inbox.reader import Reader  # noqa: PLC0415

    async def ends(*_):
        raise Unavailable

    await post(account.text(body="deadly"))
    with monkeypatch.context() as patch:
        patch.setattr(Reader, "read_together", ends)
        with pytest.raises(AssertionError):
            await process()
    assert rows("SELECT attempts FROM webhook_inbox WHERE processed_at IS NULL") == [(1,)]
    await post(account.text(body="later"))
    await process()
    assert texts(account.org) == ["later"]
    rows("UPDATE webhook_inbox SET available_at = now() WHERE processed_at IS NULL RETURNING id")
    await process()
    assert texts(account.org) == ["deadly", "later"]


async def test_rows_that_somebody_holds_keep_no_other_tenant_waiting(
    *, post, process, account, connect, other_org, tenants, texts
):
    theirs = connect(other_org)
    await post(account.text())
    await process()
    await post(account.text(body="held"))
    await post(account.text(body="held too"))
    await post(theirs.text(body="theirs"))
    with tenants.database() as db, db.transaction():
        db.execute("SELECT FROM chats WHERE organization_id = %s FOR UPDATE", (account.org.id,))
        told = await process()
    assert (told["set_aside"], texts(other_org)) == (2, ["theirs"])


async def test_403_for_a_tenants_owner(call, org):
    answer = await call("retry-set-aside", as_=org.owner, json={})
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")


async def test_one_that_cannot_be_tried_again_keeps_no_other_from_it(*, tell, account, spoiled, retry, rows):
    await tell(account.text(body="poison"))
    rows(
        "INSERT INTO set_aside (organization_id, queue, subject, error_code, fault)"
        " VALUES (%s, 'files', 'no uuid', 'unreadable', '') RETURNING id",
        account.org.id,
    )
    assert await retry(organization_id=str(account.org.id)) == 1
    rows("DELETE FROM set_aside WHERE organization_id = %s RETURNING id", account.org.id)
