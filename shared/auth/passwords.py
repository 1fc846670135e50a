"""bcrypt in a few threads of its own, with a bounded cost and a bounded share of the threads for every caller."""

import asyncio
import os
import re
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import bcrypt
import msgspec

from shared.kernel.errors import Unavailable
from shared.runtime.settings import settings

Answer = TypeVar("Answer")
MAX_BYTES = 72
"""bcrypt ignores further bytes; callers refuse a longer secret."""
HASH = re.compile(r"\$2[aby]\$(0[4-9]|1[0-2])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}", re.ASCII)
"""Hashes that may be computed: a step of the cost doubles the time, and cost 31 takes a thread for hours. A salt has
128 bits, so its last letter is one of four."""
_LONGEST_QUEUE = 64
_MOST_OF_ONE = 16
"""The part of the queue for one share."""


class HashingBusy(Unavailable):
    code = "sign_in_busy"
    default_message = "too many sign-ins at once; try again in a second"


class _Work(msgspec.Struct, frozen=True):
    future: "Future[Any]"
    function: Callable[..., Any]
    arguments: tuple[bytes, ...]


class Hashers:
    """A bounded queue for each share, served in turn; one share uses half of the threads at most."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="bcrypt", initializer=_lower_priority)
        self._most_running = max(1, threads // 2)
        self._lock = threading.Lock()
        self._queues: dict[str, deque[_Work]] = {}
        """In the order of their turns."""
        self._running: Counter[str] = Counter()

    async def run(self, share: str, function: Callable[..., Answer], *arguments: bytes) -> Answer:
        """Run the function in a thread, or raise HashingBusy."""
        future: Future[Answer] = Future()
        self._add(share, _Work(future, function, arguments))
        self._pool.submit(self._work_off)
        return await asyncio.wrap_future(future)

    def _add(self, share: str, work: _Work) -> None:
        with self._lock:
            queue = self._queues.get(share, deque())
            if len(queue) >= _MOST_OF_ONE or sum(map(len, self._queues.values())) >= _LONGEST_QUEUE:
                raise HashingBusy(retry_after=1)
            queue.append(work)
            self._queues[share] = queue

    def _work_off(self) -> None:
        """Do one piece of work in a thread, then submit the next."""
        taken = self._take()
        if taken is None:
            return
        share, work = taken
        try:
            _perform(work)
        finally:
            with self._lock:
                self._running[share] -= 1
                self._running += Counter()  # without those at zero
            self._pool.submit(self._work_off)

    def _take(self) -> tuple[str, _Work] | None:
        """Take the next work of the share whose turn it is, and move that share to the end."""
        with self._lock:
            for share, queue in self._queues.items():
                if self._running[share] < self._most_running:
                    work = queue.popleft()
                    del self._queues[share]
                    if queue:
                        self._queues[share] = queue
                    self._running[share] += 1
                    return share, work
        return None


def _perform(work: _Work) -> None:
    """Run the work and give its result or its exception to the future."""
    if not work.future.set_running_or_notify_cancel():
        return
    try:
        work.future.set_result(work.function(*work.arguments))
    finally:
        if not work.future.done():
            work.future.set_exception(sys.exc_info()[1])


def _lower_priority() -> None:
    """Lower the thread's priority where the system allows it, so that the event loop stays quick during hashing."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


@cache
def _hashers() -> Hashers:
    return Hashers(os.cpu_count() or 1)


async def hash_secret(secret: str, *, share: str = "") -> str:
    """Return the hash of a secret; `share` is the organization, account or address that the work counts for.

    Raises:
        HashingBusy: if the queue, or the part of that share, is full.
    """
    salt = bcrypt.gensalt(settings().bcrypt_cost)
    return (await _hashers().run(share, bcrypt.hashpw, secret.encode(), salt)).decode()


async def verify_secret(secret: str, hashed: str | None, *, share: str = "") -> bool:
    """Return whether the secret has that hash; without a usable hash, False after the same time.

    Raises:
        HashingBusy: if the queue, or the part of that share, is full.
    """
    if hashed is None or not HASH.fullmatch(hashed):
        await _hashers().run(share, bcrypt.checkpw, secret.encode(), _dummy_hash())
        return False
    return await _hashers().run(share, bcrypt.checkpw, secret.encode(), hashed.encode())


@cache
def _dummy_hash() -> bytes:
    # Any digest will do: only the cost takes time, and no secret hashes to zeros.
    return b"$2b$%02d$" % settings().bcrypt_cost + b"." * 53
