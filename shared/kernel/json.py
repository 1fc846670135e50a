"""JSON of answers: decimals as numbers, times as RFC 3339, ids as text."""

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    return _ENCODER.encode(value)
