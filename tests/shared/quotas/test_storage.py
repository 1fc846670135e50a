"""Rate classes over each kind of storage: our own, and two of the library's, chosen by the URL of the store."""

import time

import msgspec
import pytest
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError

from shared.quotas import days, queries, service
from shared.quotas import storage as quotas_storage
from shared.quotas.rates import STANDARD, RateClass, RateExceeded, charge, daily_key
from shared.quotas.storage import Charge, StoreStorage
from shared.runtime.postgres import leases
from shared.runtime.store import client, library
from shared.runtime.store.client import Store
from shared.runtime.store.connection import StoreError
from shared.runtime.store.models import Charged, Counter
from shared.tenancy.principal import Kind, Principal
from shared.tenancy.transactions import service_tx

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.fixture
def clock(monkeypatch):
    """Return the clock, standing half a minute before the turn of a window until it is moved."""
    moment = [time.time() // 60 * 60 + 30.0]
    monkeypatch.setattr(time, "time", lambda: moment[0])

    def forward(seconds):
        moment[0] += seconds

    return forward


def urls(services):
    return {"ours": services.store_url, "memory": "async+memory://", "valkey": f"async+{services.store_url}"}


@pytest.fixture(params=["ours", "memory", "valkey"])
async def opened(request, services, base_url, monkeypatch):
    """Yield the store of this kind, in place of the event loop's."""
    opened = Store(urls(services)[request.param], 1.0)
    for module in (quotas_storage, days, service):
        monkeypatch.setattr(module, "store", lambda: opened)
    yield opened
    await opened.close()
    await client.close()


@pytest.fixture(params=["ours", "memory"])
async def turning(request, services, base_url, monkeypatch):
    """Yield a store whose windows follow this process's clock."""
    opened = Store(urls(services)[request.param], 1.0)
    monkeypatch.setattr(quotas_storage, "store", lambda: opened)
    yield opened
    await opened.close()


@pytest.fixture
def principal(org):
    return Principal(kind=Kind.USER, role="authenticated", claims="{}", subject=org.owner.id, organization_id=org.id)


@pytest.fixture
def few(principal):
    return RateClass(f"test-{principal.subject}", 5, window_s=3600)


async def test_each_storage_takes_a_class_and_no_more_and_leaves_the_day(opened, few, principal):
    usages = [await charge(few, principal, address="x") for _ in range(5)]
    assert [usage.remaining for usage in usages] == [4, 3, 2, 1, 0]
    assert [usage.calls_today for usage in usages] == [1, 2, 3, 4, 5]
    assert not any(usage.degraded for usage in usages)
    for _ in range(2):
        with pytest.raises(RateExceeded) as refused:
            await charge(few, principal, address="x")
        assert 0 < refused.value.usage.reset_s <= few.window_s
    colleague = msgspec.structs.replace(principal, subject=None)
    assert (await charge(few, colleague, address="x")).calls_today == 6


async def test_several_calls_at_once_are_taken_whole_or_not_at_all(opened, few, principal):
    assert (await charge(few, principal, address="x", calls=4)).remaining == 1
    with pytest.raises(RateExceeded) as refused:
        await charge(few, principal, address="x", calls=2)
    assert (refused.value.usage.remaining, refused.value.usage.calls_today) == (1, None)
    usage = await charge(few, principal, address="x")
    assert (usage.remaining, usage.calls_today) == (0, 5)


async def test_no_storage_takes_two_windows_worth_at_a_turn(turning, principal, clock):
    ten = RateClass(f"test-{principal.subject}", 10)
    clock(29)
    await charge(ten, principal, address="x", calls=10)
    clock(2)
    taken = 0
    for _ in range(10):
        try:
            await charge(ten, principal, address="x")
        except RateExceeded:
            continue
        taken += 1
    assert taken <= 1


async def test_the_next_call_is_taken_when_the_refusal_said(turning, principal, clock):
    ten = RateClass(f"test-{principal.subject}", 10)
    await charge(ten, principal, address="x", calls=10)
    for _ in range(12):
        with pytest.raises(RateExceeded) as refused:
            await charge(ten, principal, address="x")
        assert refused.value.details["retry_after"] <= 31
        clock(refused.value.details["retry_after"])
        while (await charge(ten, principal, address="x")).remaining:
            pass


async def test_half_a_window_later_half_of_it_is_free(turning, principal, clock):
    ten = RateClass(f"test-{principal.subject}", 10)
    await charge(ten, principal, address="x", calls=10)
    clock(60)
    usage = await charge(ten, principal, address="x")
    assert (usage.remaining, usage.reset_s) == (4, 30)


async def test_a_lost_day_is_read_back_and_restored_once(opened, principal, monkeypatch):
    async def find(_tx, **_):
        return 40

    monkeypatch.setattr(queries, "find_daily_calls", find)
    used = [(await charge(STANDARD, principal, address="x")).calls_today for _ in range(3)]
    assert used == [41, 42, 43]
    key = Counter(daily_key(principal), 2 * DAY_S)
    assert await opened.restore(key, 40) == 43


async def test_each_storage_flushes_the_days_calls(opened, principal, org):
    await charge(STANDARD, principal, address="x", calls=7)
    async with service_tx(request_id="test") as tx:
        await service.flush_daily_calls(tx)
        day = daily_key(principal).rpartition(":")[2]
        assert await queries.find_daily_calls(tx, organization_id=org.id, day=day) == 7
    await leases.close()


async def test_a_store_that_came_back_older_gets_the_copied_count(opened, principal, org):
    await charge(STANDARD, principal, address="x", calls=7)
    key = daily_key(principal)
    async with service_tx(request_id="test") as tx:
        await service.flush_daily_calls(tx)
        await opened.add(Counter(key, 2 * DAY_S, amount=-5))
        assert await opened._shared.find_values([key]) == {key: 2}
        await service.flush_daily_calls(tx)
        assert await opened._shared.find_values([key]) == {key: 7}
        assert await opened.raise_to(Counter(key, 2 * DAY_S), 3) == 7
        assert await queries.find_daily_calls(tx, organization_id=org.id, day=key.rpartition(":")[2]) == 7
    await leases.close()


async def test_the_librarys_storage_falls_back_and_is_told_of_the_day(services, base_url, principal, monkeypatch):
    opened = Store("async+memory://", 1.0)
    monkeypatch.setattr(quotas_storage, "store", lambda: opened)
    monkeypatch.setattr(client, "_RETRY_STORE_S", 0.0)
    assert (await charge(STANDARD, principal, address="x")).calls_today == 1
    shared = opened._shared
    with monkeypatch.context() as away:

        async def fail(*_):
            raise StoreError("away")

        away.setattr(shared, "charge", fail)
        usage = await charge(STANDARD, principal, address="x", calls=3)
        assert (usage.degraded, usage.calls_today, usage.remaining) == (True, 4, 96)
    assert (await charge(STANDARD, principal, address="x")).calls_today == 5
    assert await shared.find_values([daily_key(principal)]) == {daily_key(principal): 5}


async def test_our_storage_serves_any_item_of_the_library(opened, org):
    limiter = SlidingWindowCounterRateLimiter(StoreStorage())
    item = RateClass(f"plain-{org.id}", 2)
    assert [await limiter.hit(item, "who") for _ in range(3)] == [True, True, False]
    assert (await limiter.get_window_stats(item, "who")).remaining == 0
    assert await limiter.storage.check()
    for refused in (limiter.storage.reset, lambda: limiter.clear(item, "who"), lambda: limiter.storage.get("who")):
        with pytest.raises(NotImplementedError):
            await refused()


def test_a_class_is_its_name_too_and_a_charge_is_its_own_key():
    assert RateClass("a", 1) != RateClass("b", 1)
    assert len({RateClass("a", 1), RateClass("a", 1), RateClass("a", 1, by_address=True)}) == 2
    assert RateClass("a", 1).key_for(Charge("key")) == "key"
    assert RateClass("a", 1).key_for("key").startswith("a/key/")


def test_a_storage_without_sliding_windows_is_refused(monkeypatch):
    with pytest.raises(ConfigurationError, match="unknown storage scheme"):
        Store("async+nothing://", 1.0)
    monkeypatch.setattr(library, "storage_from_string", lambda *_, **__: None)
    with pytest.raises(ConfigurationError, match=r"async\+memory has no sliding windows"):
        Store("async+memory://", 1.0)


@pytest.mark.parametrize(("previous", "current"), [(0, 0), (0, 3), (10, 0), (7, 4), (10, 9), (9, 10)])
@pytest.mark.parametrize("left_s", [60.0, 59.99, 31.0, 30.0, 0.01])
async def test_the_remaining_calls_equal_those_of_the_library(previous, current, left_s):
    item, counted = RateClass("ten", 10), Charge("key")
    counted.charged = Charged(True, 10, previous, left_s, current, left_s + 60, None)
    stats = await SlidingWindowCounterRateLimiter(StoreStorage()).get_window_stats(item, counted)
    assert counted.charged.remaining(60) == stats.remaining
