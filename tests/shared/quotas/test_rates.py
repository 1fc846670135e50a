"""Counting calls: in the shared store, in this process while the store is away, and what is owed when it is back."""

import asyncio
from urllib.parse import urlsplit

import pytest

from shared.quotas.rates import STANDARD, RateClass, RateExceeded, charge, daily_key
from shared.runtime import store
from shared.runtime.store import Counter, Store
from shared.tenancy.principal import Kind, Principal
from tests.proxy import proxied

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.fixture
async def link(services, base_url):
    """The proxy before the store."""
    async with proxied("127.0.0.1", urlsplit(services.store_url).port) as proxy:
        yield proxy


@pytest.fixture
async def counters(services, link):
    """A store of this test's own, behind the proxy."""
    url = services.store_url.replace(f":{link.port}", f":{link.listens_on}")
    opened = Store(url, 0.2)
    yield opened
    await opened.close()


@pytest.fixture
async def beside(services):
    """The same counters as another process sees them."""
    opened = Store(services.store_url, 0.2)
    yield opened
    await opened.close()


@pytest.fixture
def principal(org):
    return Principal(kind=Kind.USER, role="authenticated", claims="{}", subject=org.owner.id, organization_id=org.id)


@pytest.fixture
async def charged(base_url):
    """The process's own store, closed afterwards as every event loop has one."""
    yield charge
    await store.close()


async def test_two_processes_count_together(counters, beside, org):
    key = Counter(f"test:{org.id}", DAY_S)
    assert (await counters.add(key)).values == [1]
    assert (await beside.add(key)).values == [2]
    assert (await counters.add(key, key._replace(key=f"{key.key}:other"))).values == [3, 1]


async def test_a_store_that_goes_away_does_not_begin_the_count_anew(counters, link, org):
    key = Counter(f"test:{org.id}", DAY_S)
    for _ in range(3):
        await counters.add(key)
    with link.down():
        away = await counters.add(key)
    assert (away.values, away.degraded) == ([4], True)


async def test_what_was_counted_meanwhile_is_told_when_the_store_is_back(counters, beside, link, org, monkeypatch):
    monkeypatch.setattr(store, "_RETRY_STORE_S", 0.0)
    key = Counter(f"calls:{org.id}:2026-01-01", DAY_S)
    await counters.add(key)
    with link.down():
        for _ in range(5):
            assert (await counters.add(key)).degraded
    assert (await counters.add(key)).values == [7]
    assert (await beside.add(key)).values == [8]


async def test_the_list_of_counts_holds_what_the_store_missed(counters, link, org, monkeypatch):
    monkeypatch.setattr(store, "_RETRY_STORE_S", 0.0)
    key = Counter(f"calls:{org.id}:2026-01-01", DAY_S)
    with link.down():
        await counters.add(key)
        await counters.add(key)
    assert (await counters.listed(f"calls:{org.id}")) == {key.key: 2}


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
    counts = await store.store().listed(daily_key(principal))
    assert list(counts.values()) == [3]


async def test_an_address_shares_its_class_whoever_calls(charged, principal, address):
    few = RateClass(f"test-{principal.subject}", 1, window_s=3600, by_address=True)
    await charged(few, principal, address=address)
    with pytest.raises(RateExceeded):
        await charged(few, principal, address=address)
    assert (await charged(few, principal, address=f"{address}1")).remaining == 0


async def test_the_headers_tell_the_policy_and_what_is_left(charged, principal):
    usage = await charged(STANDARD, principal, address="x", calls=7)
    headers = usage.headers()
    assert headers["RateLimit-Policy"] == '"standard";q=100;w=60'
    assert headers["RateLimit"].startswith('"standard";r=93;t=')
    assert 0 < int(headers["RateLimit"].rpartition("=")[2]) <= 60
