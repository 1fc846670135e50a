"""Meta's two speeds: messages a second of a number, and messages to one person."""

import time
from collections.abc import Callable

from .errors import GraphError


class Bucket:
    """Holds `size`, refills by `per_s`."""

    def __init__(self, size: float, per_s: float, clock: Callable[[], float]) -> None:
        self._size, self._per_s, self._clock = size, per_s, clock
        self._left, self._at = size, clock()

    def take(self) -> bool:
        now = self._clock()
        self._left = min(self._size, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Limits:
    """80 a second for a number; for one person one every six seconds, with 45 that may be borrowed ahead."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.enabled = True
        self.per_second = 80
        self._clock = clock
        self._numbers: dict[str, Bucket] = {}
        self._pairs: dict[tuple[str, str], Bucket] = {}

    def take(self, account_id: str, recipient: str) -> None:
        """Room for one message.

        Raises:
            GraphError: 130429 or 131056.
        """
        if not self.enabled:
            return
        number = self._numbers.setdefault(account_id, Bucket(self.per_second, self.per_second, self._clock))
        if not number.take():
            raise GraphError(130429)
        pair = self._pairs.setdefault((account_id, recipient), Bucket(45, 1 / 6, self._clock))
        if not pair.take():
            raise GraphError(131056)
