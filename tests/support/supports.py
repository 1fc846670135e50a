"""What a test shows to work: docs/rest.md has one table of all of it, written by `make docs`."""

from collections.abc import Callable
from typing import TypeVar

_Test = TypeVar("_Test", bound=Callable[..., object])


def supports(area: str, *features: str) -> Callable[[_Test], _Test]:
    """Name what a test shows: `area` is a heading of the table, each feature a line; both are literals, read as text.

    >>> @supports("Filters", "`like(any)`, `like(all)`")
    ... def test_a_quantified_filter(): ...
    """
    assert area, features

    def unchanged(test: _Test) -> _Test:
        return test

    return unchanged
