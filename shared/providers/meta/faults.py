"""The meaning of the Graph API's errors for the message, the number and the queue, by their codes alone."""

from enum import StrEnum
from typing import NamedTuple


class FaultKind(StrEnum):
    """Kinds of faults, by the action that they need."""

    RETRY = "retry"
    """Try later; the whole number waits."""
    RETRY_PAIR = "retry_pair"
    """Try later; only this recipient's messages wait."""
    UNKNOWN = "unknown"
    """The message may have gone out: wait for the status webhook, then retry once."""
    RECONNECT = "reconnect"
    """The channel's access has ended: pause it, keep its queue, notify the organization once."""
    BLOCKED = "blocked"
    """The provider has stopped the channel."""
    NEEDS_TEMPLATE = "needs_template"
    """The 24-hour window is closed; Messenger and Instagram have no templates: wait there for the customer."""
    DO_NOT_MARKET = "do_not_market"
    RECIPIENT = "recipient"
    """This person cannot get this message."""
    CONTENT = "content"
    """The message itself is wrong and would fail again."""


class Verdict(NamedTuple):
    """`most_attempts` includes the first attempt; None leaves the number to the queue."""

    kind: FaultKind
    most_attempts: int | None = None


class ProviderFault(Exception):  # noqa: N818  (a provider's no is an outcome to record)
    """A call that did not succeed; `message` is the provider's, for the log and the organization."""

    def __init__(
        self, kind: FaultKind, message: str, *, code: int | None = None, retry_after_s: float | None = None,
        most_attempts: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        self.retry_after_s = retry_after_s
        self.most_attempts = most_attempts


PERMANENT = frozenset(FaultKind) - {FaultKind.RETRY, FaultKind.RETRY_PAIR, FaultKind.UNKNOWN}

_CODES: dict[FaultKind, tuple[int, ...]] = {
    FaultKind.RETRY: (1, 2, 4, 17, 32, 341, 613, 80007, 130429, 131000, 131016, 131057, 132069, 133016, 138013, 131208,
                      131052, 131053),
    FaultKind.RETRY_PAIR: (131056,),
    FaultKind.RECONNECT: (0, 3, 10, 33, 102, 190, 131005, 133010, *range(200, 300)),
    FaultKind.BLOCKED: (368, 131031, 131042, 131044, 131048, 131064, 130497, 131037),
    FaultKind.NEEDS_TEMPLATE: (131047, 470),
    FaultKind.DO_NOT_MARKET: (131049, 131050, 130472, 131063),
    FaultKind.RECIPIENT: (131026, 131021, 131030, 131062, 137000, 131014, 551, *range(131201, 131208),
                          *range(131209, 131216), 131020, 131041, 131059),
    FaultKind.CONTENT: (100, 131008, 131009, 131051, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016,
                        132018, 132068, 135000),
}  # fmt: skip
_BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes}
_MOST_ATTEMPTS = {1: 3, 131000: 3, 131052: 2, 131053: 2}
_BY_SUBCODE = {
    (1, 99): FaultKind.RECONNECT,
    (4, 2018354): FaultKind.DO_NOT_MARKET,
    (9, 2018352): FaultKind.DO_NOT_MARKET,
    (10, 2018278): FaultKind.NEEDS_TEMPLATE,
    (10, 2534022): FaultKind.NEEDS_TEMPLATE,
    (100, 33): FaultKind.RECONNECT,
    (100, 2018001): FaultKind.RECIPIENT,
    (100, 2018109): FaultKind.CONTENT,
    (200, 1545041): FaultKind.RECIPIENT,
}
"""Messenger and Instagram give the exact reason in the subcode."""
COOLS_DOWN = frozenset({131048, 131064})
"""Blocks that end by themselves: try again after a while."""
STALE_TEMPLATE = frozenset({132001, 132015, 132016})
"""Our copy of the template is out of date: fetch it again."""
_ONE_RETRY = Verdict(FaultKind.RETRY, 2)


def classify(code: int, subcode: int | None = None) -> Verdict:
    """Return the verdict for an error code; an unknown code is tried once more, then it is permanent."""
    kind = _BY_SUBCODE.get((code, subcode)) if subcode is not None else None
    kind = kind or _BY_CODE.get(code)
    return Verdict(kind, _MOST_ATTEMPTS.get(code)) if kind else _ONE_RETRY
