"""Time limits for work that mostly need not wait."""

import asyncio

import pytest

from shared.edge.timeouts import in_time


async def waits(future):
    first = await future
    await asyncio.sleep(0)
    return first, await future


async def test_work_that_need_not_wait_sets_no_timer(monkeypatch):
    monkeypatch.setattr(asyncio, "timeout", None)

    async def ready():
        return "ready"

    assert await in_time(ready(), 1) == "ready"


async def test_a_fault_without_waiting_passes_through():
    async def fails():
        raise KeyError("early")

    with pytest.raises(KeyError, match="early"):
        await in_time(fails(), 1)


async def test_the_result_comes_after_several_waits():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, 7)
    assert await in_time(waits(future), 5) == (7, 7)


async def test_a_fault_of_the_awaited_reaches_the_work():
    future, seen = asyncio.get_running_loop().create_future(), []

    async def mends():
        try:
            await future
        except KeyError as fault:
            seen.append(fault)
        return await asyncio.sleep(0, "mended")

    asyncio.get_running_loop().call_soon(future.set_exception, KeyError("late"))
    assert await in_time(mends(), 5) == "mended"
    assert len(seen) == 1


async def test_late_work_is_cancelled():
    ended = asyncio.Event()

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        await in_time(endless(), 0.01)
    assert ended.is_set()


async def test_cancelling_the_caller_cancels_the_work():
    began, ended = asyncio.Event(), asyncio.Event()

    async def endless():
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(in_time(endless(), 60))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
