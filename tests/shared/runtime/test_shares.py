"""Places at a pool's connections: how many one may have, who waits, who is sent away."""

import asyncio
import random

import pytest

from shared.runtime.shares import Claim, Overloaded, Shares, TooManyAtOnce, claiming

pytestmark = pytest.mark.anyio

LONG_S = 30.0


@pytest.fixture
def shares():
    return Shares(8)


@pytest.fixture
def take(shares):
    """Return a place, as a request of its own takes it."""

    async def one(lane="ordinary", owner=None, caller=None, *, within_s=LONG_S):
        with claiming(lambda: Claim(lane, owner, caller)):
            return await shares.take(within_s)

    return one


async def taken(tasks):
    for _ in range(5):
        await asyncio.sleep(0)
    return [each for each in tasks if each.done() and not each.exception()]


async def drop(tasks):
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("lane", "owner", "caller", "most"),
    [
        ("ordinary", "shop", "agent", 3),
        ("ordinary", "shop", None, 4),
        ("ordinary", None, None, 6),
        ("access", None, None, 4),
        ("intake", None, None, 4),
        ("background", None, None, 4),
    ],
)
async def test_a_caller_gets_at_most_its_share(take, lane, owner, caller, most):
    tasks = [asyncio.ensure_future(take(lane, owner, caller)) for _ in range(12)]
    assert len(await taken(tasks)) == most
    await drop(tasks)


async def test_one_organization_leaves_connections_for_others(take):
    hogs = [asyncio.ensure_future(take("ordinary", "hog", f"agent {n}")) for n in range(50)]
    await taken(hogs)
    others = [take("ordinary", "shop", "owner"), take("access", "address"), take("intake"), take("background")]
    assert all(await asyncio.wait_for(asyncio.gather(*others), 1))
    await drop(hogs)


async def test_a_place_that_comes_back_goes_to_owners_in_turn(shares, take):
    held = [await take("ordinary", None) for _ in range(6)]
    order = []

    async def wait(owner):
        place = await take("ordinary", owner)
        order.append(owner)
        return place

    tasks = [asyncio.ensure_future(wait(owner)) for owner in ("hog", "hog", "hog", "shop")]
    await taken(tasks)
    for place in held:
        shares.give_back(place)
        await taken(tasks)
    assert order == ["hog", "shop", "hog", "hog"]


async def test_the_most_important_are_served_first(shares, take):
    held = [await take("ordinary", "shop") for _ in range(4)]
    order = []

    async def wait(lane):
        place = await take(lane, "shop")
        order.append(lane)
        shares.give_back(place)

    tasks = [asyncio.ensure_future(wait(lane)) for lane in ("background", "ordinary", "intake", "access")]
    await taken(tasks)
    shares.give_back(held[0])
    await asyncio.gather(*tasks)
    assert order == ["access", "intake", "ordinary", "background"]


async def test_the_refusal_of_a_long_wait_names_the_cause(take):
    for _ in range(4):
        await take("ordinary", "shop")
    with pytest.raises(TooManyAtOnce):
        await take("ordinary", "shop", within_s=0.01)
    for _ in range(2):
        await take("ordinary", "other")
    with pytest.raises(Overloaded):
        await take("ordinary", "third", within_s=0.01)


async def test_an_owners_line_ends(take):
    tasks = [asyncio.ensure_future(take("ordinary", "shop")) for _ in range(4 + 8 * 16)]
    await taken(tasks)
    with pytest.raises(TooManyAtOnce):
        await take("ordinary", "shop")
    await drop(tasks)


async def test_the_least_important_waiters_are_refused_first(take):
    callers = [asyncio.ensure_future(take("ordinary", f"shop {n % 80}")) for n in range(6 + 395)]
    jobs = [asyncio.ensure_future(take("background")) for _ in range(4 + 5)]
    await taken([*callers, *jobs])
    more = [asyncio.ensure_future(take("ordinary", f"late {n}")) for n in range(6)]
    await taken(more)
    refused = [each for each in jobs if each.done() and each.exception()]
    assert len(refused) == 5
    assert all(isinstance(each.exception(), Overloaded) for each in refused)
    assert sum(1 for each in (*callers, *more) if each.done() and each.exception()) == 1
    await drop([*callers, *jobs, *more])


async def test_a_request_that_has_a_place_takes_no_second_one(shares):
    with claiming(lambda: Claim("ordinary", "shop", "agent")):
        first = await shares.take(LONG_S)
        assert await shares.take(LONG_S) is None
        shares.give_back(first)
        assert await shares.take(LONG_S)


async def test_work_without_a_claim_is_not_counted(shares):
    assert [await shares.take(LONG_S) for _ in range(50)] == [None] * 50


async def test_every_slot_is_released_in_random_histories(shares, take):
    chosen = random.Random(7)  # noqa: S311

    async def work(number):
        lane = chosen.choice(["access", "intake", "ordinary", "background"])
        owner = chosen.choice([None, "shop", "hog"])
        place = await take(lane, owner, owner and f"{owner} {number % 3}", within_s=chosen.choice([0.001, LONG_S]))
        try:
            await asyncio.sleep(chosen.choice([0, 0.001, 0.002]))
        finally:
            shares.give_back(place)

    tasks = [asyncio.ensure_future(work(number)) for number in range(600)]
    for _ in range(20):
        await asyncio.sleep(0.001)
        chosen.choice(tasks).cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not shares._taken
    assert not shares._waiting
    assert not any(shares._lines.values())
