"""Structs that are made of others."""

from functools import lru_cache
from typing import Any

import msgspec


def fields_of(model: type[msgspec.Struct], source: Any) -> dict[str, Any]:
    """Return the model's fields that the source's class declares too, with the source's values."""
    return {name: getattr(source, name) for name in _shared_names(model, source.__class__)}


@lru_cache(maxsize=256)
def _shared_names(model: Any, kind: type) -> tuple[str, ...]:
    declared = {*getattr(kind, "model_fields", ()), *getattr(kind, "__dataclass_fields__", ())}
    return tuple(name for name in model.__struct_fields__ if name in declared or hasattr(kind, name))
