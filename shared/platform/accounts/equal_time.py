"""Answers that take the same time with and without an account."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

STEP_S = 0.15
"""Longer than the time that a mail adds to an answer."""


@asynccontextmanager
async def in_equal_time() -> AsyncIterator[None]:
    """Extend the time of the block to a whole number of steps, also when it raises."""
    began = time.monotonic()
    try:
        yield
    finally:
        spent = time.monotonic() - began
        await asyncio.sleep(ceil(spent / STEP_S) * STEP_S - spent)
