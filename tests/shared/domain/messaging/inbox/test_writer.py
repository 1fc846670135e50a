"""Webhooks that come at the same time are written together, and each is durable by itself."""

import asyncio
import uuid

import pytest

from shared.domain.messaging.inbox import writer
from shared.domain.messaging.inbox.models import NewBody
from shared.runtime.postgres import leases
from shared.runtime.postgres.connection import Connection

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bodies(tenants):
    """Provide `bodies(3)`: different ones that nobody has sent before."""
    yield lambda count: [NewBody(writer.META, uuid.uuid4().hex.encode(), 0, f"request-{n}") for n in range(count)]
    await leases.close()


@pytest.fixture
def kept(rows):
    def count(bodies):
        return rows("SELECT count(*) FROM webhook_inbox WHERE body = ANY(%s)", [each.body for each in bodies])[0][0]

    return count


@pytest.fixture
def exchanges(monkeypatch):
    """Return how many statements each exchange with the database had."""
    seen = []
    original = Connection.exchange

    async def exchange(self, statements, **options):
        seen.append(len(statements))
        return await original(self, statements, **options)

    monkeypatch.setattr(Connection, "exchange", exchange)
    return seen


async def test_concurrent_events_are_written_in_one_round_trip(bodies, kept, exchanges):
    many = bodies(40)
    first = asyncio.create_task(writer.keep(many[0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(writer.keep(each) for each in many[1:] + many[:5]))
    assert (kept(many), exchanges) == (40, [2, 2])


async def test_an_event_is_written_when_its_keep_returns(bodies, kept):
    async def keep(body):
        await writer.keep(body)
        assert await asyncio.to_thread(kept, [body]) == 1

    await asyncio.gather(*(keep(each) for each in bodies(12)))


async def test_a_cancelled_event_does_not_cancel_the_others(bodies, kept):
    many = bodies(6)
    waiting = [asyncio.create_task(writer.keep(each)) for each in many]
    await asyncio.sleep(0)
    waiting[0].cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in ended] == [asyncio.CancelledError, *[type(None)] * 5]
    assert kept(many) == 6


async def test_more_than_fits_together_is_written_one_by_one(bodies, kept, exchanges, monkeypatch):
    monkeypatch.setattr(writer, "MOST_BYTES", 50)
    many = bodies(4)
    await asyncio.gather(*(writer.keep(each) for each in many))
    assert (kept(many), exchanges) == (4, [2] * 4)
