"""What an attack is, and the list of all of them."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.attack.stage import Stage

Attempt = Callable[[Stage], Awaitable[str]]


class Broken(Exception):  # noqa: N818  the answer that is printed, not an error of ours
    """The attack worked; the text is the evidence."""


class Verdict(NamedTuple):
    """`held` is None where the attack could not be tried."""

    held: bool | None
    evidence: str


class Attack(NamedTuple):
    kind: str
    name: str
    promise: str
    """What ought to hold, as the docstring says it."""
    attempt: Attempt
    is_long: bool
    """Takes seconds or a machine's attention: not part of the tests."""


ATTACKS: list[Attack] = []


def attack(kind: str, *, is_long: bool = False) -> Callable[[Attempt], Attempt]:
    """Add the function to the list: it returns how it was refused, or raises `Broken`."""

    def add(attempt: Attempt) -> Attempt:
        promise = (attempt.__doc__ or "").strip().removesuffix(".")
        ATTACKS.append(Attack(kind, attempt.__name__.replace("_", "-"), promise, attempt, is_long))
        return attempt

    return add
