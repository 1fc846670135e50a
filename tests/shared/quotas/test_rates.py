"""Counting calls: in the shared store, in this process while the store is away, and what is owed when it is back."""

import asyncio
import time
from urllib.parse import urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from shared.kernel.errors import Unavailable
from shared.quotas import queries, rates, storage
from shared.quotas.rates import STANDARD, RateClass, RateExceeded, charge, daily_key
from shared.runtime.postgres import leases
from shared.runtime.settings import settings
from shared.runtime.store import client
from shared.runtime.store.client import Store
from shared.runtime.store.models import Counter
from shared.tenancy.principal import Kind, Principal
from tests.support.proxy import proxied

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.fixture
async def link(services, base_url):
    """Yield the proxy before the store."""
    async with proxied("127.0.0.1", urlsplit(services.store_url).port) as proxy:
        yield proxy


@pytest.fixture
async def counters(services, link):
    """Yield a store of this test's own, behind the proxy."""
    url = services.store_url.replace(f":{link.port}", f":{link.listens_on}")
    opened = Store(url, 0.2)
    yield opened
    await opened.close()


@pytest.fixture
async def beside(services):
    """Yield the same counters as another process sees them."""
    opened = Store(services.store_url, 0.2)
    yield opened
    await opened.close()


@pytest.fixture
def principal(org):
    return Principal(kind=Kind.USER, role="authenticated", claims="{}", subject=org.owner.id, organization_id=org.id)


@pytest.fixture
async def charged(base_url):
    """Yield the process's own store, closed afterwards as every event loop has one."""
    yield charge
    await client.close()


async def test_two_processes_count_together(counters, beside, org):
    key = Counter(f"test:{org.id}", DAY_S)
    assert (await counters.add(key)).values == [1]
    assert (await beside.add(key)).values == [2]
    assert (await counters.add(key, replace(key, key=f"{key.key}:other"))).values == [3, 1]


async def test_an_outage_of_the_store_does_not_reset_the_count(counters, link, org):
    key = Counter(f"test:{org.id}", DAY_S)
    for _ in range(3):
        await counters.add(key)
    with link.down():
        away = await counters.add(key)
    assert (away.values, away.degraded) == ([4], True)


async def test_counts_of_an_outage_reach_the_store_afterwards(counters, beside, link, org, monkeypatch):
    monkeypatch.setattr(client, "_RETRY_STORE_S", 0.0)
    key = Counter(f"calls:{org.id}:2026-01-01", DAY_S)
    await counters.add(key)
    with link.down():
        for _ in range(5):
            assert (await counters.add(key)).degraded
    assert (await counters.add(key)).values == [7]
    assert (await beside.add(key)).values == [8]


async def test_the_list_of_counts_holds_what_the_store_missed(counters, link, org, monkeypatch):
    monkeypatch.setattr(client, "_RETRY_STORE_S", 0.0)
    key = Counter(f"calls:{org.id}:2026-01-01", DAY_S)
    with link.down():
        await counters.add(key)
        await counters.add(key)
    assert (await counters.list_counters(f"calls:{org.id}")) == {key.key: 2}


async def test_many_at_once_share_one_connection_and_miss_no_count(counters, link, org):
    key = Counter(f"test:{org.id}", DAY_S)
    counts = await asyncio.gather(*(counters.add(key) for _ in range(200)))
    assert sorted(each.values[0] for each in counts) == list(range(1, 201))
    assert not any(each.degraded for each in counts)
    assert link.connections == 1


async def test_a_restarted_store_gets_the_script_again(counters, beside, org):
    key = Counter(f"test:{org.id}", DAY_S)
    await counters.add(key)
    await beside._shared.send("SCRIPT", "FLUSH")
    assert (await counters.add(key))[:2] == ([2], False)


async def test_a_busy_process_does_not_take_the_store_for_away(counters, org):
    key = Counter(f"test:{org.id}", DAY_S)
    await counters.add(key)
    asked = asyncio.ensure_future(counters.add(key))
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251  what is tested
    assert (await asked)[:2] == ([2], False)


async def test_a_silent_store_is_waited_for_once(counters, link, org):
    key = Counter(f"test:{org.id}", DAY_S)
    await counters.add(key)
    with link.silent():
        assert (await counters.add(key)).degraded
        started = asyncio.get_running_loop().time()
        assert (await counters.add(key)).values == [3]
        assert asyncio.get_running_loop().time() - started < 0.1


async def test_a_class_refuses_what_is_beyond_it_and_does_not_charge_the_day(charged, principal):
    few = RateClass(f"test-{principal.subject}", 3, window_s=3600)
    for left in (2, 1, 0):
        assert (await charged(few, principal, address="x")).remaining == left
    with pytest.raises(RateExceeded) as refused:
        await charged(few, principal, address="x")
    assert refused.value.details["limit"] == 3
    counts = await client.store().list_counters(daily_key(principal))
    assert list(counts.values()) == [3]


async def test_a_flood_beyond_the_limit_is_refused_without_asking_the_store(charged, principal, org, monkeypatch):
    few = RateClass(f"test-{principal.subject}", 2, window_s=3600)
    for _ in range(2):
        await charged(few, principal, address="x")
    with pytest.raises(RateExceeded) as first:
        await charged(few, principal, address="x")
    monkeypatch.setattr(storage, "store", None)
    with pytest.raises(RateExceeded) as second:
        await charged(few, principal, address="x")
    assert (second.value.details["limit"], second.value.usage) == (2, first.value.usage)
    colleague = msgspec.structs.replace(principal, subject=org.person("member").id)
    monkeypatch.undo()
    assert (await charged(few, colleague, address="x")).remaining == 1


async def test_the_next_window_starts_at_zero(charged, principal, monkeypatch):
    few = RateClass(f"test-{principal.subject}", 1, window_s=3600)
    await charged(few, principal, address="x")
    with pytest.raises(RateExceeded) as refused:
        await charged(few, principal, address="x")
    later = time.time() + refused.value.usage.reset_s
    monkeypatch.setattr(time, "time", lambda: later)
    assert (await charged(few, principal, address="x")).remaining == 0


async def test_only_spent_windows_that_have_ended_are_forgotten(charged, principal, monkeypatch):
    monkeypatch.setattr(rates, "_MOST_SPENT", 3)
    monkeypatch.setattr(rates, "_spent", {"ended": 0.0, "a": time.time() + 60, "b": time.time() + 60})
    few = RateClass(f"test-{principal.subject}", 1, window_s=3600)
    for address in ("x", "y"):
        who = RateClass(f"{few.name}-{address}", 1, window_s=3600, by_address=True)
        await charged(who, principal, address=address)
        with pytest.raises(RateExceeded):
            await charged(who, principal, address=address)
    assert len(rates._spent) == 3
    assert not {"ended"} & set(rates._spent)


async def test_callers_of_one_address_share_its_rate_class(charged, principal, address):
    few = RateClass(f"test-{principal.subject}", 1, window_s=3600, by_address=True)
    await charged(few, principal, address=address)
    with pytest.raises(RateExceeded):
        await charged(few, principal, address=address)
    assert (await charged(few, principal, address=f"{address}1")).remaining == 0


async def test_the_headers_tell_the_policy_and_what_is_left(charged, principal):
    usage = await charged(STANDARD, principal, address="x", calls=7)
    headers = dict(usage.headers())
    assert headers[b"ratelimit-policy"] == b'"standard";q=100;w=60'
    assert headers[b"ratelimit"].startswith(b'"standard";r=93;t=')
    assert 0 < int(headers[b"ratelimit"].rpartition(b"=")[2]) <= 60


async def test_a_day_that_could_not_be_read_back_is_asked_for_at_the_next_call(charged, principal, monkeypatch):
    asked, answers = [], [Unavailable(), 40]

    async def find(_tx, *, organization_id, day):
        asked.append((organization_id, day))
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    monkeypatch.setattr(queries, "find_daily_calls", find)
    used = [(await charged(STANDARD, principal, address="x")).calls_today for _ in range(3)]
    assert used == [1, 42, 43]
    assert len(asked) == 2
    await leases.close()


async def test_a_store_that_loses_its_counts_again_and_again_never_raises_the_day(
    charged, beside, principal, monkeypatch
):
    kept = 0

    async def find(_tx, **_):
        return kept

    monkeypatch.setattr(queries, "find_daily_calls", find)
    key = f"nexus:{daily_key(principal)}"
    real = 0
    for kept in (0, 5, 5, 14, 14, 14, 14):
        await beside._shared.send("DEL", key)
        for _ in range(5):
            real += 1
            told = (await charged(STANDARD, principal, address="x")).calls_today
            assert kept < told <= real
    assert int(await beside._shared.send("GET", key)) <= real
    await leases.close()


async def test_a_lost_count_restored_several_times_at_once_is_restored_once(counters, beside, org):
    key = Counter(f"calls:{org.id}:2026-01-01", DAY_S)
    await counters.add(key)
    await beside.add(key)
    await asyncio.gather(*(each.restore(key, 40) for each in (counters, beside) * 3))
    assert (await counters.add(key)).values == [43]
    assert 0 < await beside._shared.send("TTL", f"nexus:{key.key}") <= DAY_S


@pytest.mark.parametrize(("limit", "processes", "share"), [(100, 4, 25), (10, 3, 3), (2, 4, 1), (7, 1, 7)])
def test_a_process_takes_its_share_of_a_class_and_one_call_at_least(base_url, monkeypatch, limit, processes, share):
    chosen = msgspec.structs.replace(settings(), processes=processes)
    monkeypatch.setattr(rates, "settings", lambda: chosen)
    own = RateClass("shared", limit, window_s=300, by_address=True, lane="access").share()
    assert (own.name, own.limit, own.window_s, own.by_address, own.lane) == ("shared", share, 300, True, "access")
