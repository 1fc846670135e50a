"""bcrypt in a few threads of its own, so that hashing never holds up the event loop nor takes every core's queue."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import bcrypt

from shared.kernel.errors import Unavailable
from shared.runtime.settings import settings

Answer = TypeVar("Answer")
MAX_BYTES = 72
"""bcrypt reads no further; a longer secret is refused before it comes here."""
_LONGEST_QUEUE = 64


class HashingBusy(Unavailable):
    code = "sign_in_busy"
    default_message = "too many sign-ins at once; try again in a second"


class _Hashers:
    """A bounded queue before as many threads as cores."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(
            max_workers=os.cpu_count() or 1, thread_name_prefix="bcrypt", initializer=_step_back
        )
        self.waiting = 0

    async def run(self, work: Callable[..., Answer], *arguments: bytes) -> Answer:
        if self.waiting >= _LONGEST_QUEUE:
            raise HashingBusy(retry_after=1)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)
        finally:
            self.waiting -= 1


def _step_back() -> None:
    """Let the event loop go first, where threads have priorities of their own: reads stay quick beside hashing."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


@cache
def _hashers() -> _Hashers:
    return _Hashers()


async def hash_secret(secret: str) -> str:
    salt = bcrypt.gensalt(settings().bcrypt_cost)
    return (await _hashers().run(bcrypt.hashpw, secret.encode(), salt)).decode()


async def verify_secret(secret: str, hashed: str | None) -> bool:
    """Whether the secret has that hash; without one, the same time is taken and the answer is no."""
    if hashed is None:
        await _hashers().run(bcrypt.checkpw, secret.encode(), _dummy_hash())
        return False
    return await _hashers().run(bcrypt.checkpw, secret.encode(), hashed.encode())


@cache
def _dummy_hash() -> bytes:
    # Any digest does: what takes the time is the cost, and no secret hashes to zeros.
    return b"$2b$%02d$" % settings().bcrypt_cost + b"." * 53
