import asyncio
from types import SimpleNamespace

import pytest

from shared.platform.rest.catalog.holder import CacheHolder
from shared.platform.rest.schema import SchemaCache


@pytest.fixture
def loads():
    """Return a holder whose loads wait at a gate; each cache that they make is kept, in order."""
    seen = SimpleNamespace(gate=asyncio.Event(), made=[], fault=None)

    async def load() -> SchemaCache:
        await seen.gate.wait()
        if seen.fault:
            raise seen.fault
        cache = SchemaCache({}, {}, {}, frozenset())
        seen.made.append(cache)
        return cache

    seen.holder = CacheHolder(load)
    return seen


async def test_many_first_requests_share_one_load(loads):
    asked = [asyncio.create_task(loads.holder.current()) for _ in range(20)]
    await asyncio.sleep(0)
    loads.gate.set()
    assert {id(each) for each in await asyncio.gather(*asked)} == {id(loads.made[0])}
    assert len(loads.made) == 1


async def test_the_old_catalog_is_served_while_a_newer_one_is_read(loads):
    loads.gate.set()
    first = await loads.holder.current()
    loads.gate.clear()
    reloading = asyncio.create_task(loads.holder.reload())
    await asyncio.sleep(0)
    assert await loads.holder.current() is first
    loads.gate.set()
    assert await reloading is await loads.holder.current() is loads.made[1]


async def test_a_reload_requested_during_a_load_reads_once_more(loads):
    first = asyncio.create_task(loads.holder.current())
    await asyncio.sleep(0)
    notices = [asyncio.create_task(loads.holder.reload()) for _ in range(5)]
    await asyncio.sleep(0)
    loads.gate.set()
    await asyncio.gather(first, *notices)
    assert len(loads.made) == 2
    assert await loads.holder.current() is loads.made[1]


async def test_a_load_that_failed_is_tried_again_by_the_next_request(loads):
    loads.gate.set()
    loads.fault = OSError("away")
    with pytest.raises(OSError, match="away"):
        await loads.holder.current()
    loads.fault = None
    assert await loads.holder.current() is loads.made[0]


async def test_a_request_that_is_given_up_stops_nobody_elses_load(loads):
    impatient = asyncio.create_task(loads.holder.current())
    patient = asyncio.create_task(loads.holder.current())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    loads.gate.set()
    assert await patient is loads.made[0]
