"""What the tests of closed lists share."""

from collections.abc import Callable
from itertools import product
from string import ascii_uppercase

import pytest


@pytest.fixture
def every_code() -> Callable[[int], list[str]]:
    """Return all codes of so many capital letters."""
    return lambda length: ["".join(letters) for letters in product(ascii_uppercase, repeat=length)]
