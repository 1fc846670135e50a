"""Answers that take the same time whether or not there is an account."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil

STEP_S = 0.15
"""Longer than what a mail more or less costs."""


@asynccontextmanager
async def in_equal_time() -> AsyncIterator[None]:
    """Make the block take a whole number of steps, whether it is refused or not."""
    began = time.monotonic()
    try:
        yield
    finally:
        spent = time.monotonic() - began
        await asyncio.sleep(ceil(spent / STEP_S) * STEP_S - spent)
