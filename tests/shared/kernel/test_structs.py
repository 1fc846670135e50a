"""Structs that are made of others."""

from types import SimpleNamespace

import msgspec

from shared.kernel.structs import fields_of


class Shown(msgspec.Struct):
    name: str
    note: str | None = "none"
    other: int = 0


def test_fields_of_a_source_are_those_of_the_model():
    source = SimpleNamespace(name="a", note=None, secret="s")
    assert fields_of(Shown, source) == {"name": "a", "note": None}
    assert Shown(**fields_of(Shown, source), other=1) == Shown("a", None, 1)
