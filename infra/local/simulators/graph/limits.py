"""Meta's two rate limits: messages a second of a number, and messages to one person."""

import time
from collections.abc import Callable

from .errors import GraphError


class Bucket:
    """A token bucket that holds `size` and refills by `per_s`."""

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


PAIR_BURST, PAIR_PER_S = 45, 1 / 6


class Limits:
    """A limit a second for a number; for one person one message every six seconds, with a burst of 45."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.enabled = True
        self._clock = clock
        self._accounts: dict[str, Bucket] = {}
        self._pairs: dict[tuple[str, str], Bucket] = {}

    def take(self, account_id: str, recipient: str, *, per_s: int) -> None:
        """Take room for one message of WhatsApp.

        Raises:
            GraphError: 130429 or 131056.
        """
        self.take_of_account(account_id, per_s=per_s, code=130429)
        pair = self._pairs.setdefault((account_id, recipient), Bucket(PAIR_BURST, PAIR_PER_S, self._clock))
        if self.enabled and not pair.take():
            raise GraphError(131056)

    def take_of_account(self, account_id: str, *, per_s: int, code: int = 613) -> None:
        """Take room for one message, to any recipient.

        Raises:
            GraphError: with that code.
        """
        account = self._accounts.setdefault(account_id, Bucket(per_s, per_s, self._clock))
        if self.enabled and not account.take():
            raise GraphError(code)
