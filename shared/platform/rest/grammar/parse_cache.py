"""A cache of parsed texts that return with the next request: what a client selects, orders and filters by."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

_MOST = 1024
_LONGEST = 512
_Parsed = TypeVar("_Parsed")


def cached_parse(parse: Callable[[str], _Parsed]) -> Callable[[str], _Parsed]:
    """Keep the results of `parse`, except those of long texts and refusals."""
    known = lru_cache(_MOST)(parse)

    def parsed(text: str) -> _Parsed:
        return known(text) if len(text) <= _LONGEST else parse(text)

    return parsed
