"""Faults on demand, for the next calls of every account or of one."""

from dataclasses import dataclass

from .errors import Faulted, GraphError

FAULTS = {
    "timeout": "takes the message and never answers",
    "lost": "does not take the message and never answers",
    "truncated": "takes the message; the answer breaks off in the middle of its JSON",
    "wrong-json": "takes the message; the answer names none",
    "reset": "takes the message; the connection ends without an answer",
    "429": "refuses with status 429 and Retry-After",
    "500": "fails with status 500 and code 2",
    "502": "fails with status 502 and a page instead of JSON",
    "200-error": "answers 200 with error 131000 in the body",
    "held": "takes the message and holds it for a look at its quality",
    "slow": "takes the message and answers after two seconds",
}
"""Besides these: any of Meta's codes (131056) refuses with it, and late-CODE accepts the message and fails it later."""
_NOT_ACCEPTED = frozenset({"lost", "500", "502", "200-error"})


@dataclass
class Fault:
    name: str
    times: int
    account_id: str | None = None
    recipient: str | None = None
    retry_after_s: int | None = None


class Script:
    """The faults that are due."""

    def __init__(self) -> None:
        self._due: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault.

        Raises:
            ValueError: for a name that is no fault.
        """
        late = fault.name.removeprefix("late-")
        if fault.name not in FAULTS and not late.isdigit():
            raise ValueError(f"no fault is called {fault.name!r}: one of {', '.join(FAULTS)}, a code, or late-CODE")
        self._due.append(fault)

    def clear(self) -> None:
        self._due.clear()

    def listed(self) -> list[Fault]:
        return list(self._due)

    def next(self, account_id: str, recipient: str) -> Faulted | None:
        """Return the fault of this call.

        Raises:
            GraphError: for a fault that is a refusal.
        """
        fault = next((due for due in self._due if self._meets(due, account_id, recipient)), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            self._due.remove(fault)
        if fault.name == "429" or (fault.name not in FAULTS and fault.name.isdigit()):
            error = GraphError(4 if fault.name == "429" else int(fault.name))
            error.retry_after_s = fault.retry_after_s or (1 if fault.name == "429" else None)
            raise error
        return Faulted(fault.name, fault.name not in _NOT_ACCEPTED)

    @staticmethod
    def _meets(fault: Fault, account_id: str, recipient: str) -> bool:
        return fault.account_id in {None, account_id} and fault.recipient in {None, recipient}
