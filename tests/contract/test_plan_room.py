"""Rows and bytes of a plan: counted where they are written, refused there, told by agent-usage."""

import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.kernel.errors import Refusal
from tests.conftest import Org, Tenants

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 500
SEEDED = 13
"""Stages and sources that every organization begins with."""


@pytest.fixture
def free_org(tenants: Tenants) -> Org:
    return tenants.org(plan="free")


@pytest.fixture
def used(tenants):
    """Set a counter as if that much had been used, or read it."""

    def count(org, resource, amount=None, period="total"):
        at = [org.id, resource, period]
        with tenants.database() as database:
            if amount is not None:
                database.execute(
                    "INSERT INTO usage_counters (organization_id, resource, period, used) VALUES (%s, %s, %s, %s)"
                    " ON CONFLICT (organization_id, resource, period) DO UPDATE SET used = excluded.used",
                    [*at, amount],
                )
            found = database.execute(
                "SELECT coalesce(sum(used), 0) FROM usage_counters"
                " WHERE (organization_id, resource, period) = (%s, %s, %s)",
                at,
            ).fetchone()
            return found and int(found[0])

    return count


@pytest.fixture
def blobs_of(services):
    """Return the names of the files that are kept for an organization."""
    return lambda org: [each.name for each in Path(urlsplit(services.blob_url).path, str(org.id)).iterdir()]


def checked(refused, resource, limit):
    assert (refused.value.status, refused.value.code) == (403, "plan_limit_exceeded")
    details = refused.value.details
    assert (details["resource"], details["limit"], details["plan"]) == (resource, limit, "free")
    assert details["current"] <= limit
    assert details["upgrade"]


@pytest.mark.parametrize("table", ["items", "labels", "customer_journey_stages", "lead_sources"])
async def test_rows_are_limited_to_the_number_of_the_plan(tx_as, free_org, used, table):
    resource, limit = ("items", 100) if table == "items" else ("labels", 50)
    room = limit - used(free_org, resource)
    fill = f"INSERT INTO {table} (name) SELECT 'one ' || n FROM generate_series(1, {room}) AS n"
    async with tx_as(free_org.owner) as tx:
        await tx.run(fill)
    with pytest.raises(Refusal) as refused:
        async with tx_as(free_org.owner) as tx:
            await tx.run(f"INSERT INTO {table} (name) VALUES ('one more')")
    checked(refused, resource, limit)
    async with tx_as(free_org.owner) as tx:
        await tx.run(f"DELETE FROM {table} WHERE name = 'one 1'")
        await tx.run(f"INSERT INTO {table} (name) VALUES ('in its place')")
    assert used(free_org, resource) == limit


async def test_a_caller_begins_no_conversation_beyond_the_plan_and_a_customer_does(tx_as, free_org, used, tenants):
    channel = uuid.uuid4()
    with tenants.database() as database:
        database.execute(
            "INSERT INTO channel_accounts (id, organization_id, platform, external_id) VALUES (%s, %s, 'whatsapp', %s)",
            [channel, free_org.id, channel.hex],
        )
    used(free_org, "chats", 99)
    begin = "SELECT app.start_conversation(%(channel)s, %(number)s, NULL)"
    async with tx_as(free_org.owner) as tx:
        await tx.run(begin, channel=channel, number="201001112222")
    with pytest.raises(Refusal) as refused:
        async with tx_as(free_org.owner) as tx:
            await tx.run(begin, channel=channel, number="201001113333")
    checked(refused, "chats", 100)
    with tenants.database() as database:
        database.execute('SELECT app.ensure_conversation(%s, \'{"wa_id": "201001114444"}\', NULL, now())', [channel])
    assert used(free_org, "chats") == 101


async def test_files_of_buckets_up_to_the_plans_bytes(free_org, used, http):
    place, owner = f"/storage/v1/object/labels/{free_org.id}", free_org.owner
    headers = {**owner.headers, "Content-Type": "image/png"}
    assert (await http.post(f"{place}/a.png", content=PNG, headers=headers)).status_code == 200
    assert used(free_org, "storage_bytes") == len(PNG)
    again = {**headers, "x-upsert": "true"}
    assert (await http.post(f"{place}/a.png", content=PNG[:-6], headers=again)).status_code == 200
    assert used(free_org, "storage_bytes") == len(PNG) - 6
    used(free_org, "storage_bytes", 104857600 - 10)
    refused = await http.post(f"{place}/b.png", content=PNG, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "plan_limit_exceeded")
    assert "100 MB of storage" in refused.json()["message"]
    copied = await http.post(
        "/storage/v1/object/copy", headers=owner.headers,
        json={"bucketId": "labels", "sourceKey": f"{free_org.id}/a.png", "destinationKey": f"{free_org.id}/c.png"},
    )  # fmt: skip
    assert copied.json()["code"] == "plan_limit_exceeded"
    assert (await http.delete(f"{place}/a.png", headers=owner.headers)).status_code == 200
    assert used(free_org, "storage_bytes") == 104857600 - 10 - (len(PNG) - 6)


async def test_attachments_up_to_the_plans_bytes_and_nothing_of_those_beyond_stays(free_org, used, call, blobs_of):
    send = {"params": {"kind": "image"}, "headers": {"Content-Type": "image/png"}, "as_": free_org.owner}
    first = await call("media-upload", content=PNG, **send)
    assert first.status_code == 201
    assert used(free_org, "attachment_bytes") == len(PNG)
    used(free_org, "attachment_bytes", 104857600)
    again = await call("media-upload", content=PNG, **send)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    refused = await call("media-upload", content=PNG + b"x", **send)
    body = refused.json()
    assert (refused.status_code, body["error"], body["resource"]) == (403, "plan_limit_exceeded", "attachment_bytes")
    assert blobs_of(free_org) == [first.json()["id"]]


async def test_large_changes_of_the_trail_are_counted_by_the_month(tx_as, free_org, used, call):
    async with tx_as(free_org.owner) as tx:
        await tx.run("INSERT INTO customers (first_name) SELECT 'Mona' FROM generate_series(1, 20)")
    month = (await call("agent-usage", method="GET", as_=free_org.owner)).json()["usage"]["trail_bytes"]
    assert (month["used"], month["limit"], month["period"]) == (0, 20971520, "month")
    change = "UPDATE customers SET notes = repeat(left(id::text, 1), 10000)"
    async with tx_as(free_org.owner) as tx:
        await tx.run(change)
    usage = (await call("agent-usage", method="GET", as_=free_org.owner)).json()["usage"]
    assert 130_000 < usage["trail_bytes"]["used"] < 250_000


async def test_403_for_large_changes_beyond_the_months_bytes_of_the_trail(tx_as, free_org, used, tenants):
    with tenants.database() as database:
        month = database.execute("SELECT to_char(now() AT TIME ZONE 'Africa/Cairo', 'YYYY-MM')").fetchone()[0]
    async with tx_as(free_org.owner) as tx:
        await tx.run("INSERT INTO customers (first_name) SELECT 'Mona' FROM generate_series(1, 20)")
    used(free_org, "trail_bytes", 20971520, month)
    async with tx_as(free_org.owner) as tx:
        await tx.run("UPDATE customers SET notes = 'short'")
    with pytest.raises(Refusal) as refused:
        async with tx_as(free_org.owner) as tx:
            await tx.run("UPDATE customers SET notes = repeat('x', 10000)")
    checked(refused, "trail_bytes", 20971520)


async def test_agent_usage_returns_rows_and_bytes(free_org, used, call):
    used(free_org, "storage_bytes", 90_000_000)
    told = (await call("agent-usage", method="GET", as_=free_org.agent("read"))).json()
    assert told["usage"]["storage_bytes"]["remaining"] == 104857600 - 90_000_000
    assert told["usage"]["labels"]["used"] == SEEDED
    assert "90000000 of 104857600 storage bytes are used" in told["warnings"]
