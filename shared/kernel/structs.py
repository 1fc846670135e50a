"""Structs that are made of others."""

from typing import Any

import msgspec

_ABSENT = object()


def fields_of(model: type[msgspec.Struct], source: object) -> dict[str, Any]:
    """Return the model's fields that the source has too, with the source's values."""
    values = ((name, getattr(source, name, _ABSENT)) for name in model.__struct_fields__)
    return {name: value for name, value in values if value is not _ABSENT}
