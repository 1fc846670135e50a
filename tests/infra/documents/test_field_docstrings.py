"""A docstring below a field of an answer is the field's description."""

import msgspec

from infra.documents.schemas import Components


class Line(msgspec.Struct, rename="camel"):
    """One sum."""

    total_amount: int
    """With tax,
    rounded."""
    currency: str


class Lines(msgspec.Struct):
    data: list[Line | None]
    """Newest first."""


class MoreLines(Lines):
    next_cursor: str | None
    """None on the last page."""


def test_fields_of_an_answer_and_of_structs_within_are_described():
    components = Components()
    components.result(MoreLines, "given")
    described = {
        (name, field): schema.get("description")
        for name, component in components.schemas.items()
        for field, schema in component["properties"].items()
    }
    assert described == {
        ("given", "data"): "Newest first.",
        ("given", "next_cursor"): "None on the last page.",
        ("Line", "totalAmount"): "With tax, rounded.",
        ("Line", "currency"): None,
    }
