"""Attempts at one account: strangers use up a share of their own, and whoever succeeds gets the attempt back."""

import math
import uuid

import pytest

from shared.quotas import attempts
from shared.quotas.rates import RateExceeded
from shared.runtime.store import client

pytestmark = pytest.mark.anyio
HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
async def email(base_url):
    yield f"{uuid.uuid4().hex}@example.com"
    await client.close()


@pytest.fixture
def fail(email):
    """Fail to sign in so many times; how many attempts were let through."""

    async def attempt(times, *, address=HERE, whose=email, is_familiar=False):
        for done in range(times):
            try:
                await attempts.begin(whose, address=address, is_familiar=is_familiar)
            except RateExceeded:
                return done
        return times

    return attempt


@pytest.fixture
def type_codes(email):
    async def attempt(times, *, address=HERE):
        for done in range(times):
            try:
                await attempts.charge_code(email, address=address)
            except RateExceeded:
                return done
        return times

    return attempt


async def refusal(email, address=HERE, *, is_familiar=True):
    with pytest.raises(RateExceeded) as refused:
        await attempts.begin(email, address=address, is_familiar=is_familiar)
    return refused.value


async def test_thirty_failures_of_one_network_and_none_of_another(fail):
    assert await fail(40, is_familiar=True) == 30
    assert await fail(1, address=THERE, is_familiar=True) == 1


async def test_a_refusal_names_its_window_and_how_long_is_left_of_it(fail, email):
    await fail(30, is_familiar=True)
    refused = await refusal(email)
    assert (refused.details["rate_class"], refused.details["limit"]) == ("auth-account", 30)
    assert 1 <= refused.details["retry_after"] <= 300
    assert (refused.usage.remaining, refused.usage.degraded, refused.usage.calls_today) == (0, False, None)


async def test_an_account_is_the_same_however_its_address_is_written(fail, email):
    assert await fail(40, whose=f" {email.upper()} ", is_familiar=True) == 30
    assert await fail(1, is_familiar=True) == 0
    assert await fail(1, whose=f"x{email}", is_familiar=True) == 1


async def test_the_addresses_of_one_ipv6_network_are_one(fail):
    assert await fail(40, address="2001:db8::1", is_familiar=True) == 30
    assert await fail(1, address="2001:db8::2", is_familiar=True) == 0
    assert await fail(1, address="2001:db8:0:1::1", is_familiar=True) == 1


async def test_strangers_share_sixty_and_the_owner_keeps_a_share_of_their_own(fail, email):
    let_in = [await fail(25, address=f"203.0.113.{number}") for number in range(3)]
    assert let_in == [25, 25, 10]
    refused = await refusal(email, "203.0.113.9", is_familiar=False)
    assert refused.details["rate_class"] == "auth-account-strangers"
    assert await fail(1, is_familiar=True) == 1


async def test_a_success_returns_the_counted_attempt(fail, email):
    for _ in range(35):
        await attempts.forgive(await attempts.begin(email, address=HERE, is_familiar=False))
    assert await fail(40) == 30


async def test_an_attempt_that_is_refused_uses_nothing_up(fail, email):
    await fail(30)
    for _ in range(35):
        await refusal(email, is_familiar=False)
    assert await fail(40, address=THERE) == 30


async def test_ten_codes_where_one_was_asked_for_and_strangers_share_thirty(type_codes, email):
    await attempts.remember_request(email, address=HERE)
    assert await type_codes(12) == 10
    assert [await type_codes(20, address=address) for address in (THERE, "203.0.113.1")] == [20, 10]


async def test_failed_attempts_of_strangers_do_not_use_up_ones_code(type_codes, email):
    assert await type_codes(40, address=THERE) == 30
    assert await type_codes(1) == 0
    await attempts.remember_request(email, address=HERE)
    assert await type_codes(1) == 1


async def test_a_refused_attempt_waits_for_the_end_of_its_window(email, fail, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0 + 12.5)
    await fail(1000)
    with pytest.raises(RateExceeded) as refused:
        await attempts.begin(email, address=HERE, is_familiar=False)
    usage = refused.value.usage
    assert usage.reset_s == math.ceil(usage.rate.window_s - (1_800_000_012.5 % usage.rate.window_s))
    assert f"{usage.limit} requests in {usage.rate.window_s} seconds" in str(refused.value)
