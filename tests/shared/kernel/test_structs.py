"""Structs that are made of others."""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from pydantic import BaseModel

from shared.kernel.structs import fields_of


class Shown(msgspec.Struct):
    name: str
    note: str | None = "none"
    other: int = 0


class Stored(NamedTuple):
    name: str
    note: str | None
    secret: str


class Arguments(BaseModel):
    name: str
    other: int = 5


def test_fields_of_a_model_include_its_defaults():
    assert fields_of(Shown, Arguments(name="a")) == {"name": "a", "other": 5}


@dataclass
class Account:
    name: str
    secret: str


def test_fields_of_a_dataclass_need_no_defaults():
    assert fields_of(Shown, Account("a", "s")) == {"name": "a"}


def test_fields_of_a_source_are_those_of_the_model():
    source = Stored("a", None, "s")
    assert fields_of(Shown, source) == {"name": "a", "note": None}
    assert Shown(**fields_of(Shown, source), other=1) == Shown("a", None, 1)
