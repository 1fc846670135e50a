"""bcrypt in a few threads of its own: what it may cost is known before it begins, and no caller holds every thread."""

import asyncio
import os
import re
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, TypeVar

import bcrypt

from shared.kernel.errors import Unavailable
from shared.runtime.settings import settings

Answer = TypeVar("Answer")
MAX_BYTES = 72
"""bcrypt reads no further; a longer secret is refused before it comes here."""
HASH = re.compile(r"\$2[aby]\$(0[4-9]|1[0-2])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}", re.ASCII)
"""What is ever computed: one step of the cost doubles the time, and cost 31 is hours of a thread. A salt has 128 bits,
so that its last letter is one of four."""
_LONGEST_QUEUE = 64
_MOST_OF_ONE = 16
"""Of the queue, for the work of one share."""


class HashingBusy(Unavailable):
    code = "sign_in_busy"
    default_message = "too many sign-ins at once; try again in a second"


class _Work(NamedTuple):
    future: "Future[Any]"
    function: Callable[..., Any]
    arguments: tuple[bytes, ...]


class Hashers:
    """A bounded queue for each share, served in turn; one share has half of the threads at most."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="bcrypt", initializer=_step_back)
        self._most_running = max(1, threads // 2)
        self._lock = threading.Lock()
        self._queues: dict[str, deque[_Work]] = {}
        """In the order of whose turn it is."""
        self._running: Counter[str] = Counter()

    async def run(self, share: str, function: Callable[..., Answer], *arguments: bytes) -> Answer:
        """Raises: HashingBusy."""
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
        """In a thread: one piece of work, and then what had to wait for it."""
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
        """The next work of the share whose turn it is; its turn comes again after everybody else's."""
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
    """Whoever waits for it is told, also of what it raises."""
    if not work.future.set_running_or_notify_cancel():
        return
    try:
        work.future.set_result(work.function(*work.arguments))
    finally:
        if not work.future.done():
            work.future.set_exception(sys.exc_info()[1])


def _step_back() -> None:
    """Let the event loop go first, where threads have priorities of their own: reads stay quick beside hashing."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


@cache
def _hashers() -> Hashers:
    return Hashers(os.cpu_count() or 1)


async def hash_secret(secret: str, *, share: str = "") -> str:
    """`share` is whose work it is: an organization, an account or an address.

    Raises:
        HashingBusy: too much waits, of all or of that share.
    """
    salt = bcrypt.gensalt(settings().bcrypt_cost)
    return (await _hashers().run(share, bcrypt.hashpw, secret.encode(), salt)).decode()


async def verify_secret(secret: str, hashed: str | None, *, share: str = "") -> bool:
    """Whether the secret has that hash. Without one that may be computed the same time is taken and the answer is no.

    Raises:
        HashingBusy: too much waits, of all or of that share.
    """
    if hashed is None or not HASH.fullmatch(hashed):
        await _hashers().run(share, bcrypt.checkpw, secret.encode(), _dummy_hash())
        return False
    return await _hashers().run(share, bcrypt.checkpw, secret.encode(), hashed.encode())


@cache
def _dummy_hash() -> bytes:
    # Any digest does: what takes the time is the cost, and no secret hashes to zeros.
    return b"$2b$%02d$" % settings().bcrypt_cost + b"." * 53
