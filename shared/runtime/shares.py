"""Shares of a process's database connections: how many an organization may use, and who waits, in which order.

No organization uses more than half of the connections, and no single caller all of that half, so that the others go on
whatever one does. A quarter is reserved for work that must not wait: webhooks, signing in and the exchange of keys. If
too many wait, the least important are refused first.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Literal, NamedTuple

import msgspec

from shared.kernel.errors import RateLimited, Unavailable

from .blocks import Block

Lane = Literal["access", "intake", "ordinary", "background"]
"""Kinds of work, the most important first: signing in and key exchange; webhooks; requests of callers; jobs."""
_LANES: tuple[Lane, ...] = ("access", "intake", "ordinary", "background")
_MOST_WAITING = 50
"""For one connection, in all."""
_MOST_WAITING_OF_ONE = 16
"""For one connection, of one organization, or of one address without an organization."""


class TooManyAtOnce(RateLimited):
    """Too many requests of one organization or address; others are served."""

    code = "too_many_at_once"
    default_message = "too many of your requests run at the same time: wait until some are answered, then send it again"

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class Overloaded(Unavailable):
    """All callers together send more requests than can be served."""

    code = "overloaded"
    default_message = "Nexus is overloaded; send the request again in a few seconds"

    def __init__(self) -> None:
        super().__init__(retry_after=2)


class Claim(NamedTuple):
    """Who wants a connection: `owner` is the organization, or an address without one; None for the system itself."""

    lane: Lane
    owner: str | None = None
    caller: str | None = None


_current: ContextVar["claiming | None"] = ContextVar("claiming", default=None)


class claiming(Block):  # noqa: N801  (read as a function)
    """A block whose connections are claimed by `claim`; a second connection at the same time needs no permit."""

    __slots__ = ("claim", "held")
    current = _current

    def __init__(self, claim: Callable[[], Claim]) -> None:
        self.claim = claim
        self.held = 0


class Permit(msgspec.Struct, frozen=True):
    """The right to one connection, to be given back."""

    claim: Claim
    of: claiming


class _Waiting(msgspec.Struct, frozen=True):
    claim: Claim
    turn: "asyncio.Future[None]"


_Lines = OrderedDict[str | None, deque[_Waiting]]
"""By owner; the owner whose turn is next comes first."""


class Shares:
    """The shares of a pool with `size` connections, in one event loop."""

    def __init__(self, size: int) -> None:
        half, kept = max(1, size // 2), size // 4
        self._most: dict[Lane, int] = {
            "access": half,
            "intake": half,
            "ordinary": size - kept,
            "background": half,
        }
        self._most_of_owner = half
        self._most_of_caller = max(1, half - 1)
        self._most_waiting = size * _MOST_WAITING
        self._most_waiting_of_one = size * _MOST_WAITING_OF_ONE
        self._taken: dict[str | None, int] = {}
        """The permits in use, by lane, owner and caller."""
        self._waiting = 0
        self._lines: dict[Lane, _Lines] = {lane: OrderedDict() for lane in _LANES}

    async def take(self, timeout_s: float) -> Permit | None:
        """Take a permit for the present claim; return None without a claim, or if the request has a permit already.

        Raises:
            TooManyAtOnce, Overloaded: no connection became free in time, or too many wait.
        """
        of = _current.get()
        if of is None:
            return None
        claim = of.claim()
        if of.held and claim.lane != "background":
            return None
        if not self._fits(claim):
            await self._wait(claim, timeout_s)
        else:
            self._add(claim)
        of.held += 1
        return Permit(claim, of)

    def give_back(self, permit: Permit) -> None:
        permit.of.held -= 1
        self._free(permit.claim)

    def _fits(self, claim: Claim) -> bool:
        lane, owner, caller = claim
        taken = self._taken.get
        return (
            taken(lane, 0) < self._most[lane]
            and (owner is None or taken(owner, 0) < self._most_of_owner)
            and (caller is None or taken(caller, 0) < self._most_of_caller)
        )

    def _is_full_by_itself(self, claim: Claim) -> bool:
        return claim.owner is not None and self._taken.get(claim.lane, 0) < self._most[claim.lane]

    def _add(self, claim: Claim) -> None:
        taken = self._taken
        for key in claim:
            taken[key] = taken.get(key, 0) + 1

    def _free(self, claim: Claim) -> None:
        taken = self._taken
        for key in claim:
            if taken[key] == 1:
                del taken[key]
            else:
                taken[key] -= 1
        if self._waiting:
            self._wake()

    def _wake(self) -> None:
        """Give a permit to the first waiting claim that fits: by importance, then owners in turn."""
        for lane in _LANES:
            for owner, line in self._lines[lane].items():
                found = next((first for first in line if not first.turn.done() and self._fits(first.claim)), None)
                if found is not None:
                    self._lines[lane].move_to_end(owner)
                    self._leave(found)
                    self._add(found.claim)
                    found.turn.set_result(None)
                    return

    async def _wait(self, claim: Claim, timeout_s: float) -> None:
        lines = self._lines[claim.lane]
        if claim.owner is not None and len(lines.get(claim.owner, ())) >= self._most_waiting_of_one:
            raise TooManyAtOnce
        if self._waiting >= self._most_waiting:
            self._refuse_one_for(claim)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(claim, loop.create_future())
        lines.setdefault(claim.owner, deque()).append(waiting)
        self._waiting += 1
        timer = loop.call_later(timeout_s, self._expire, waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if not waiting.turn.done() or waiting.turn.cancelled():
                self._leave(waiting)
            elif waiting.turn.exception() is None:  # The permit came in the same moment.
                self._free(claim)
            raise
        finally:
            timer.cancel()

    def _leave(self, waiting: _Waiting) -> None:
        lines = self._lines[waiting.claim.lane]
        line = lines.get(waiting.claim.owner)
        if line is None or waiting not in line:
            return
        line.remove(waiting)
        self._waiting -= 1
        if not line:
            del lines[waiting.claim.owner]

    def _expire(self, waiting: _Waiting) -> None:
        if not waiting.turn.done():
            self._leave(waiting)
            alone = self._is_full_by_itself(waiting.claim)
            waiting.turn.set_exception(TooManyAtOnce() if alone else Overloaded())

    def _refuse_one_for(self, claim: Claim) -> None:
        """Refuse a less important claim, or one of the owner with most waiting in this lane, else this claim."""
        for lane in reversed(_LANES):
            if lane == claim.lane and len(self._longest(lane)) <= len(self._lines[lane].get(claim.owner, ())):
                break
            if self._lines[lane]:
                last = self._longest(lane)[-1]
                self._leave(last)
                if not last.turn.done():
                    last.turn.set_exception(Overloaded())
                return
            if lane == claim.lane:
                break
        raise Overloaded

    def _longest(self, lane: Lane) -> deque[_Waiting]:
        return max(self._lines[lane].values(), key=len, default=deque())
