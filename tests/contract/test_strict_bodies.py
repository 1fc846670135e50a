"""In a body true is no number, and neither 1 nor "true" is a boolean; texts of numbers pass where clients send them."""

from collections.abc import Iterator
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from functions.auth.routes import ROUTES as AUTH
from functions.storage.routes import ROUTES as STORAGE
from infra import functions

AS_TEXT = {"Signing.expires_in", "SigningMany.expires_in", "NewBucket.file_size_limit", "BucketChanges.file_size_limit"}
"""What the Python client sends as text, and sizes such as 20MB."""
AS_FLOAT = {"Signing.expires_in", "SigningMany.expires_in"}
"""What takes 60.0 for 60, as JSON has it."""


def models() -> Iterator[type[BaseModel]]:
    found = [route.body for route in (*AUTH, *STORAGE) if route.body is not None]
    found += [spec.body for spec in functions.specs() if spec.body is not None and spec.method != "GET"]
    for model in dict.fromkeys(found):
        yield from within(model)


def within(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for kind in parts(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from within(kind)


def parts(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is None:
        yield annotation
    else:
        for each in get_args(annotation)[: 1 if origin is Annotated else None]:
            yield from parts(each)


def plain(annotation: Any) -> set[Any]:
    """Return what a field takes by itself, not in a list or an object."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return {kind for each in get_args(annotation) for kind in plain(each)}
    return {annotation} - {NoneType}


FIELDS = sorted(
    {
        (model.__module__, model.__name__, name, kind)
        for model in models()
        for name, field in model.model_fields.items()
        for kind in plain(field.annotation) & {int, bool, Decimal}
    },
    key=str,
)
NAMED = {(model.__module__, model.__name__): model for model in models()}
WRONG: dict[type, list[Any]] = {
    bool: [1, 0, "true", "1", "yes", 1.0],
    int: [True, False, 1.5, "1", "true", 1.0],
    Decimal: [True, False, "1_0", "1e1", "NaN", "true", "0x2", " "],
}


@pytest.mark.parametrize(("module", "name", "field", "kind"), FIELDS, ids=str)
def test_a_field_takes_nothing_but_its_own_type(module, name, field, kind):
    declared = NAMED[module, name].model_fields[field]
    kept = declared.metadata or [None]
    whole: Any = Annotated[declared.annotation, *kept]
    adapter: TypeAdapter[Any] = TypeAdapter(whole)
    as_text = f"{name}.{field}" in AS_TEXT
    for value in WRONG[kind]:
        if (as_text and isinstance(value, str)) or (
            f"{name}.{field}" in AS_FLOAT and value == 1.0 and value is not True
        ):
            continue
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_there_is_something_to_hold():
    assert {
        ("NewBucket", "public"),
        ("Body", "refund_amount"),
        ("Signing", "expires_in"),
        ("Deletion", "should_soft_delete"),
    } <= {(name, field) for _, name, field, _ in FIELDS}
