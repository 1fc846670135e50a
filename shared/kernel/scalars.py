"""Numbers and booleans of requests: those of JSON, or the plain text that models send instead."""

import re
from decimal import Decimal
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DIGITS = "[0-9\u0660-\u0669\u06f0-\u06f9]{1,40}"
"""Arabic-Indic and Persian digits too, as in phones and searches."""
_WHOLE = re.compile(f"-?{_DIGITS}")
_EXACT = re.compile(rf"-?{_DIGITS}(?:\.{_DIGITS})?")
_FLAGS = {"true": True, "false": False}


def _whole(given: Any) -> Any:
    if isinstance(given, str) and _WHOLE.fullmatch(given.strip()):
        return int(given)
    if given is None or (_is_number(given) and given % 1 == 0):
        return given
    raise PydanticCustomError("whole_number", "must be a whole number such as 2")


def _exact(given: Any) -> Any:
    if isinstance(given, str) and _EXACT.fullmatch(given.strip()):
        return Decimal(given.strip())
    if given is None or _is_number(given):
        return given
    raise PydanticCustomError("exact_number", "must be a number such as 12.5")


def _flag(given: Any) -> Any:
    flag = _FLAGS.get(given.strip().lower(), given) if isinstance(given, str) else given
    if flag is None or isinstance(flag, bool):
        return flag
    raise PydanticCustomError("flag", "must be true or false")


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float | Decimal) and not isinstance(given, bool)


WHOLE = BeforeValidator(_whole)
"""Validates an int: 2, 2.0 or "2"; never true, 2.5, "1_0" or "1e1"."""
EXACT = BeforeValidator(_exact)
"""Validates a Decimal: 12.5 or "12.5"; never true, "1_0" or "1e1"."""
FLAG = BeforeValidator(_flag)
"""Validates a bool: true or "true"; never 1, "yes" or "on"."""
