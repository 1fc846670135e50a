"""POST /functions/v1/process-inbox."""

import pytest

from shared.kernel.errors import Unavailable


async def test_200_sets_one_event_aside_and_reads_the_others(*, tell, account, connect, other_org, spoiled, texts):
    theirs = connect(other_org)
    body = account.text(body="poison")
    for each in (account.text(body="before"), theirs.text(body="theirs"), account.text(body="after")):
        body["entry"] += each["entry"]
    told = await tell(body)
    assert (told["bodies"], told["events"], told["set_aside"]) == (1, 4, 1)
    assert (texts(account.org), texts(other_org)) == (["after", "before"], ["theirs"])


async def test_only_its_organization_sees_what_is_set_aside(*, tell, account, other_org, spoiled, http, services):
    await tell(account.text(body="poison"))
    for caller, count in ((account.org.agent("read"), 1), (other_org.owner, 0)):
        headers = {"apikey": services.secrets.publishable_key, **caller.headers}
        answer = await http.get("/rest/v1/set_aside?select=queue,error_code,attempts", headers=headers)
        assert answer.json() == [{"queue": "webhooks", "error_code": "internal_error", "attempts": 1}] * count


async def test_pauses_between_retries_grow_to_a_day(tell, process, account, spoiled, rows):
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


async def test_a_body_that_stops_the_job_is_read_after_others(*, post, process, account, monkeypatch, rows, texts):
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


async def test_200_reads_other_organizations_while_rows_are_locked(
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


async def test_403_for_the_owner_of_an_organization(call, org):
    answer = await call("process-inbox", as_=org.owner)
    assert (answer.status_code, answer.json()["error"]) == (403, "wrong_credential")
