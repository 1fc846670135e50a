"""A poisoned row of one tenant at the head of each job's queue: the job goes on, and so does another tenant's work."""

import secrets
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import valkey
from pydantic import SecretStr

from infra.local.schedule import scheduled_functions
from shared.platform.accounts.mail import outbox
from shared.runtime import secrets as sealing
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx

pytestmark = pytest.mark.anyio
ORDERLESS = {"purge-expired", "purge-sign-ins"}
"""They delete by age and have no head: tests/functions/test_purge_expired_tables.py."""
HEADS: dict[str, Any] = {}


def head_of(job):
    """Register a scenario: it queues poison and another tenant's work, and returns a check whether that is done."""
    return lambda scenario: HEADS.setdefault(job, scenario)


@pytest.mark.parametrize("job", sorted(set(scheduled_functions()) - ORDERLESS))
async def test_one_tenants_poison_stops_neither_the_job_nor_another_tenant(*, job, request, call, service_headers):
    is_done = await HEADS[job](request.getfixturevalue("shop"))
    for _ in range(2):
        answer = await call(job, headers=service_headers)
        assert answer.status_code == 200, answer.text
    assert is_done()


class Shop:
    """Two tenants, and the ways to spoil a row of the first."""

    def __init__(self, tenants: Any, rows: Any, **fixtures: Any) -> None:
        self.tenants, self.rows = tenants, rows
        self.__dict__.update(fixtures)
        self.dropped: list[tuple[str, str, str]] = []

    def run(self, statement, *values):
        with self.tenants.database() as db:
            db.execute(statement, values)

    def spoil(self, table, column, value, where, *values, is_frozen=False):
        """As a row of a version may be that did not ask; `is_frozen`: any change of it is refused by now."""
        held = self.rows(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'c' AND conrelid = %s::regclass AND pg_get_constraintdef(oid) ~ %s",
            table,
            rf"\m{column}\M",
        )
        for name, told in held:
            self.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            self.dropped.append((table, name, told.removesuffix(" NOT VALID")))
        self.run(f"UPDATE {table} SET {column} = %s WHERE {where}", value, *values)
        for name, told in held if is_frozen else ():
            self.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {told.removesuffix(" NOT VALID")} NOT VALID')


@pytest.fixture
def shop(request, tenants, rows, org, other_org):
    names = ("joined", "connect", "post", "account", "call", "graph", "services", "monkeypatch", "chat_with", "heard")
    fixtures = {name: request.getfixturevalue(name) for name in names}
    made = Shop(tenants, rows, org=org, other=other_org, **fixtures)
    yield made
    sealing._wrappers.cache_clear()
    made.run("DELETE FROM organizations WHERE id = %s", org.id)
    for table, name, told in made.dropped:
        made.run(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
        made.run(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {told}')


@head_of("process-inbox")
async def inbox(shop):
    from shared.domain.messaging.inbox import effects  # noqa: PLC0415
    from shared.providers.meta.events import InboundMessage  # noqa: PLC0415

    async def fails(tx, channel, event):
        if channel.organization_id == shop.org.id:
            raise KeyError(event.message_id)
        await honest(tx, channel, event)

    honest = effects._message
    shop.monkeypatch.setitem(effects._EFFECTS, InboundMessage, fails)
    theirs = shop.connect(shop.other)
    for each in (shop.account, theirs):
        await shop.post(each.text())
    return lambda: shop.rows("SELECT count(*) FROM messages WHERE organization_id = %s", shop.other.id) == [(1,)]


@head_of("deliver-messages")
async def deliveries(shop):
    sent = []
    for tenant in (shop.org, shop.other):
        account = await shop.joined(tenant)
        chat = await shop.chat_with(account)
        shop.run("UPDATE channel_accounts SET held_until = now() + interval '1 hour' WHERE id = %s", account.id)
        asked = {"chatId": chat, "message": "hello"}
        sent.append((await shop.call("whatsapp-send-message", as_=tenant.agent(), json=asked)).json()["id"])
        shop.run("UPDATE channel_accounts SET held_until = NULL WHERE id = %s", account.id)
    shop.spoil("chats", "last_inbound_at", "infinity", "organization_id = %s", shop.org.id)
    states = "SELECT state, error ->> 'message' FROM message_deliveries WHERE message_id = %s"

    def is_done():
        assert shop.rows(states, sent[0]) == [("failed", "set aside: unreadable")]
        assert shop.rows("SELECT subject FROM set_aside WHERE organization_id = %s", shop.org.id) == [(sent[0],)]
        return shop.rows(states, sent[1])[0][0] == "accepted"

    return is_done


@head_of("fetch-media")
async def files(shop):
    made = []
    for tenant in (shop.org, shop.other):
        made.append(uuid.uuid4())
        file = "INSERT INTO media (organization_id, id, origin, kind, status) VALUES (%s, %s, 'channel', 'image', %s)"
        shop.run(file, tenant.id, made[-1], "deleted")
        task = "INSERT INTO media_tasks (organization_id, media_id, task, available_at) VALUES (%s, %s, 'erase', %s)"
        shop.run(task, tenant.id, made[-1], "2001-01-01" if tenant is shop.org else "2002-01-01")
    shop.spoil("media", "kind", "nothing", "id = %s", made[0])
    return lambda: shop.rows("SELECT media_id FROM media_tasks WHERE media_id = ANY(%s)", made) == [(made[0],)]


@head_of("fetch-profiles")
async def names(shop):
    person = "7700000000098765"
    shop.graph.world.customer(person, name="Mona Ali").consents = True
    for tenant, due in ((shop.org, "2001-01-01"), (shop.other, "2002-01-01")):
        page = await shop.joined(tenant, "facebook")
        shop.graph.write(page.meta, person, "hello")
        await shop.heard()
        shop.run("UPDATE channel_identities SET profile_due_at = %s WHERE channel_id = %s", due, page.id)
    shop.spoil("channel_accounts", "platform", "nothing", "organization_id = %s", shop.org.id)
    return lambda: (
        shop.rows("SELECT contact_name FROM chats WHERE organization_id = %s", shop.other.id) == [("Mona Ali",)]
    )


@head_of("refresh-tokens")
async def tokens(shop):
    accounts = [await shop.joined(tenant) for tenant in (shop.org, shop.other)]
    for account, due in zip(accounts, ("2001-01-01", "2002-01-01"), strict=True):
        shop.run("UPDATE channel_accounts SET token_due_at = %s WHERE id = %s", due, account.id)
    shop.spoil("channel_accounts", "platform", "nothing", "id = %s", accounts[0].id)
    return lambda: shop.rows("SELECT token_due_at FROM channel_accounts WHERE id = %s", accounts[1].id) == [(None,)]


@head_of("reseal-secrets")
async def sealed(shop):
    shop.run("UPDATE channel_accounts SET token_sealed = NULL")
    accounts = [await shop.joined(tenant) for tenant in (shop.org, shop.other)]
    for account, first in zip(accounts, ("00000000", "00000001"), strict=True):
        place = f"{first}-{str(account.id)[9:]}"
        shop.run("UPDATE channel_accounts SET id = %s WHERE id = %s", place, account.id)
        account.id = place
    shop.run("UPDATE channel_accounts SET token_sealed = 'garbage' WHERE id = %s", accounts[0].id)
    installed = settings().sealing_keys or SecretStr("")
    keys = SecretStr(f"{sealing.new_key()},{installed.get_secret_value()}")
    chosen = SimpleNamespace(sealing_keys=keys, kms_key_id=None)
    shop.monkeypatch.setattr(sealing, "settings", lambda: chosen)
    sealing._wrappers.cache_clear()
    mark, kept = sealing.sealing_mark(), "SELECT token_sealed FROM channel_accounts WHERE id = %s"

    def is_done():
        (lost,), (anew,) = (shop.rows(kept, account.id)[0] for account in accounts)
        return (bytes(lost), mark in bytes(anew)) == (b"garbage", True)

    return is_done


@head_of("send-mail")
async def mails(shop):
    poison = uuid.uuid4()
    shop.run("INSERT INTO auth.outgoing_mail (id, sealed, available_at) VALUES (%s, 'x', '2001-01-01')", poison)
    async with accounts_tx(request_id="test") as tx:
        for recipient in ("a\nb@example.com", "mona@example.com"):
            outbox.post(tx, recipient=recipient, subject="x", text="x", html="x", language="en")
    waits = "SELECT count(*) FROM auth.outgoing_mail WHERE sealed IS NOT NULL AND id <> %s"
    return lambda: shop.rows(waits, poison) == [(0,)]


@head_of("erase-blobs")
async def blobs(shop):
    version = str(uuid.uuid4())
    for each, due in (("../../\x01" + secrets.token_hex(4), "2001-01-01"), (version, "2002-01-01")):
        shop.run("INSERT INTO storage.blobs_to_erase (version, due_at) VALUES (%s, %s)", each, due)
    return lambda: shop.rows("SELECT 1 FROM storage.blobs_to_erase WHERE version = %s", version) == []


@head_of("flush-usage")
async def usage(shop):
    await shop.call("agent-usage", method="GET", as_=shop.other.owner)
    with valkey.Valkey.from_url(shop.services.store_url) as store:
        for key in ("calls:nobody:2026-01-01", "calls::", f"calls:{shop.org.id}:never"):
            store.set(key, 7, ex=60)
    counted = "SELECT used FROM usage_counters WHERE organization_id = %s AND resource = 'api_calls'"
    return lambda: shop.rows(counted, shop.other.id) == [(1,)]


@head_of("read-phones")
async def phones(shop):
    for tenant, first in ((shop.org, "00000000"), (shop.other, "00000001")):
        contact = "INSERT INTO customers (id, organization_id, first_name, phone_number) VALUES (%s, %s, 'Mona', %s)"
        shop.run(contact, f"{first}-{str(uuid.uuid4())[9:]}", tenant.id, "+201012345678")
    shop.run("UPDATE customers SET phone_valid = NULL WHERE organization_id = ANY(%s)", [shop.org.id, shop.other.id])
    shop.spoil("customers", "last_contact", "infinity", "organization_id = %s", shop.org.id, is_frozen=True)
    told = "SELECT phone_valid FROM customers WHERE organization_id = %s"
    return lambda: (shop.rows(told, shop.org.id), shop.rows(told, shop.other.id)) == ([(None,)], [(True,)])


@pytest.fixture
def waiting(shop):
    """`await waiting(account, "201012345678", ...)`: a message to each of them is due and not yet sent; their ids."""

    async def queue(account, *people):
        chats = [await shop.chat_with(account, person) for person in people]
        shop.run("UPDATE channel_accounts SET held_until = now() + interval '1 hour' WHERE id = %s", account.id)
        sent = []
        for chat in chats:
            body = {"chatId": chat, "message": "hello"}
            answer = await shop.call("whatsapp-send-message", as_=account.org.agent(), json=body)
            sent.append(answer.json()["id"])
        shop.run("UPDATE channel_accounts SET held_until = NULL WHERE id = %s", account.id)
        return sent

    return queue


async def test_a_message_that_cannot_be_changed_is_passed_over_for_an_hour(*, shop, waiting, deliver):
    frozen, next_one = await waiting(await shop.joined(shop.org), "201012345678", "201012345679")
    (theirs,) = await waiting(await shop.joined(shop.other), "201012345678")
    shop.spoil("message_deliveries", "error", "[]", "message_id = %s", frozen, is_frozen=True)
    aside = "SELECT subject, error_code, updated_at FROM set_aside WHERE organization_id = ANY(%s)"

    def told():
        states = "SELECT message_id::text, state FROM message_deliveries WHERE organization_id = ANY(%s)"
        both = [shop.org.id, shop.other.id]
        return dict(shop.rows(states, both)), shop.rows(aside, both)

    await deliver()
    states, ((subject, code, since),) = told()
    assert states == {frozen: "queued", next_one: "accepted", theirs: "accepted"}
    assert (subject, code) == (frozen, "unchangeable")
    await deliver()
    assert told() == (states, [(frozen, "unchangeable", since)])
    shop.run("UPDATE set_aside SET updated_at = now() - interval '61 minutes' WHERE subject = %s", frozen)
    await deliver()
    assert told()[1][0][2] > since


async def test_a_retry_sends_a_message_that_can_be_changed_again(*, shop, waiting, deliver):
    ((frozen,), (theirs,)) = [await waiting(await shop.joined(org), "201012345678") for org in (shop.org, shop.other)]
    shop.spoil("message_deliveries", "error", "[]", "message_id = ANY(%s::uuid[])", [frozen, theirs], is_frozen=True)
    await deliver()
    shop.run("UPDATE message_deliveries SET error = NULL WHERE message_id = ANY(%s::uuid[])", [frozen, theirs])
    await deliver()
    states = "SELECT message_id::text, state FROM message_deliveries WHERE organization_id = ANY(%s)"
    both = [shop.org.id, shop.other.id]
    assert dict(shop.rows(states, both)) == {frozen: "queued", theirs: "queued"}
    retried = await shop.call(
        "retry-set-aside",
        headers={"Authorization": f"Bearer {shop.services.secrets.secret_key}"},
        json={"queue": "messages", "organization_id": str(shop.org.id)},
    )
    assert retried.json() == {"pieces": 1}
    await deliver()
    assert dict(shop.rows(states, both)) == {frozen: "accepted", theirs: "queued"}
    shop.run("UPDATE set_aside SET updated_at = now() - interval '61 minutes' WHERE subject = %s", theirs)
    await deliver()
    assert dict(shop.rows(states, both)) == {frozen: "accepted", theirs: "accepted"}
    assert shop.rows("SELECT subject FROM set_aside WHERE organization_id = ANY(%s)", both) == []
