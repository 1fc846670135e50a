"""Parsed texts that come again with the next request: what a client selects and orders by, the columns it filters."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_MOST = 1024
_LONGEST = 512
_Parsed = TypeVar("_Parsed")


def remembered(parse: Callable[[str], _Parsed]) -> Callable[[str], _Parsed]:
    """Longer texts, and those that are refused, are parsed each time."""
    known = lru_cache(_MOST)(parse)

    def parsed(text: str) -> _Parsed:
        return known(text) if len(text) <= _LONGEST else parse(text)

    return parsed
