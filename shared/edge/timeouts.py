"""A time limit for work that mostly need not wait: the timer, which costs 4 us, is set when the work first waits."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar, cast

_Result = TypeVar("_Result")


async def in_time(work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
    """Return the result of the work.

    Raises:
        TimeoutError: the work was cancelled, because it took longer than the time given.
    """
    steps = work.__await__()
    try:
        awaited = next(steps)
    except StopIteration as done:
        return cast("_Result", done.value)
    async with asyncio.timeout(seconds):
        return cast("_Result", await _Begun(steps, awaited))


class _Begun:
    """Work that has made its first step, and what it waits for."""

    def __init__(self, steps: Generator[Any, Any, Any], awaited: Any) -> None:
        self._steps = steps
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        awaited = self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except BaseException as fault:  # noqa: BLE001  (the work decides on it, as at an await of its own)
                    awaited = self._steps.throw(fault)
                else:
                    awaited = self._steps.send(sent)
        except StopIteration as done:
            return done.value
