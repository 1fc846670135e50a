"""Faults of values, in terms of the value and not of the model."""

from datetime import date, datetime
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.kernel.faults import faults_of


def _refuse(_: object) -> object:
    raise ValueError("send it later")


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    quantity: int
    unit: Literal["piece", "box"] = "piece"


class Order(BaseModel):
    lines: list[Line] = []
    created: Annotated[date, BeforeValidator(lambda value: value)] | datetime | None = None
    late: Annotated[str, AfterValidator(_refuse)] = ""
    of: Line | list[Line] | None = None
    labels: dict[str, int] = {}


def faults(value: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        Order.model_validate(value)
    return {fault["pointer"]: fault["message"] for fault in faults_of(refused.value, value)}


@pytest.mark.parametrize(
    ("value", "pointers"),
    [
        ({"lines": [{"quantity": 1}, {"quantity": "x"}]}, ["/lines/1/quantity"]),
        ({"lines": [{}]}, ["/lines/0/quantity"]),
        ({"lines": [{"quantity": 1, "a/b~": 1}]}, ["/lines/0/a~1b~0"]),
        ({"created": "2026-13-01"}, ["/created"]),
        ({"of": {"quantity": "x"}}, ["/of/quantity", "/of"]),
        ({"of": [{"quantity": 1}, {"quantity": "x"}]}, ["/of", "/of/1/quantity"]),
        ({"labels": {"a": "x"}}, ["/labels/a"]),
        ({"late": "x"}, ["/late"]),
        ([1], [""]),
        ("x", [""]),
    ],
)
def test_pointers_have_the_names_of_the_value_alone(value, pointers):
    assert list(faults(value)) == pointers


def test_a_value_that_no_member_of_a_union_takes_has_one_fault():
    message = faults({"created": "2026-13-01"})["/created"]
    assert "; or " in message
    assert "2026" not in message
    assert "lambda" not in message


def test_messages_do_not_speak_of_python():
    assert faults({"late": "x"}) == {"/late": "send it later"}
    assert faults([1]) == {"": "Input should be a JSON object"}
    assert faults({"labels": 1, "lines": {}}) == {
        "/lines": "Input should be a JSON array",
        "/labels": "Input should be a JSON object",
    }


def test_twenty_faults_are_enough():
    class Many(BaseModel):
        numbers: Annotated[list[int], Field(max_length=99)]

    with pytest.raises(ValidationError) as refused:
        Many.model_validate({"numbers": ["x"] * 50})
    assert len(faults_of(refused.value, {"numbers": ["x"] * 50})) == 20
