"""A tool's arguments: no boolean is a number, no number a boolean; of texts only the plain ones that models send."""

from decimal import Decimal
from types import NoneType
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.mcp_server.catalog import registry
from tests.contract.test_strict_bodies import plain, within

KINDS = {int, bool, Decimal, float}
FIELDS = {
    f"{name} {model.__name__}.{field}": (declared, kind)
    for name, tool in registry.tools.items()
    for model in within(tool.arguments)
    for field, declared in model.model_fields.items()
    for kind in plain(declared.annotation) & KINDS
}
TEXTS = ["1_0", "1e1", "0x2", "", " ", "+2", "2 0", "2,0", "one", "NaN", "Infinity", "²", "-", "9" * 5000]
WRONG: dict[type, list[Any]] = {
    int: [True, False, 2.5, "2.5", "2.0", "true", [2], {}, *TEXTS],
    Decimal: [True, False, "1.", ".5", "1.2.3", "true", [2], {}, *TEXTS],
    bool: [1, 0, 1.0, 0.0, "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n", "", [True], {}],
}
RIGHT: dict[type, list[tuple[Any, Any]]] = {
    int: [(2, 2), (2.0, 2), ("2", 2), (" 2 ", 2), ("02", 2), ("٢", 2), ("۲", 2)],
    Decimal: [(2, 2), (2.5, Decimal("2.5")), ("2.50", Decimal("2.5")), (" 2 ", 2), ("٢.٥", Decimal("2.5"))],
    bool: [(True, True), (False, False), ("true", True), ("false", False), (" True", True)],
}
WANTED = {int: "a whole number such as 2", Decimal: "a number such as 12.5", bool: "true or false"}


def adapter(declared: Any) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[declared.annotation, *(declared.metadata or [None])])


@pytest.mark.parametrize("name", FIELDS)
def test_an_argument_takes_its_own_kind_and_its_plain_text(name):
    declared, kind = FIELDS[name]
    read = adapter(declared)
    for value, meant in RIGHT[kind]:
        assert read.validate_python(value) == meant, value
    for value in WRONG[kind]:
        with pytest.raises(ValidationError) as refused:
            read.validate_python(value)
        assert WANTED[kind] in str(refused.value), value


@pytest.mark.parametrize("name", FIELDS)
def test_null_is_taken_where_it_may_be_left_out(name):
    declared, _ = FIELDS[name]
    if NoneType in getattr(declared.annotation, "__args__", ()):
        assert adapter(declared).validate_python(None) is None
    else:
        with pytest.raises(ValidationError):
            adapter(declared).validate_python(None)


def test_there_is_something_to_hold():
    named = {name.partition(" ")[2]: kind for name, (_, kind) in FIELDS.items()}
    assert (
        named.items()
        >= {
            "LineArguments.qty": int,
            "LineArguments.unit_price": Decimal,
            "ListInventory.limit": int,
            "ListInventory.low_stock": bool,
            "Search.limit": int,
        }.items()
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("tool", "arguments", "pointer"),
    [
        ("nexus_list_inventory", {"limit": True}, "/limit"),
        ("nexus_list_inventory", {"low_stock": 1}, "/low_stock"),
        ("nexus_list_inventory", {"is_active": "no"}, "/is_active"),
        ("nexus_create_order", {"items": [{"sku": "A", "qty": True}]}, "/items/0/qty"),
        ("nexus_create_order", {"items": [{"sku": "A", "qty": "1_0"}]}, "/items/0/qty"),
        ("nexus_create_order", {"items": [{"sku": "A", "qty": 1, "unit_price": "1_0"}]}, "/items/0/unit_price"),
    ],
)
async def test_the_refusal_says_what_is_wanted(mcp, org, tool, arguments, pointer):
    customer = {"customer_id": "00000000-0000-0000-0000-000000000001"} if tool == "nexus_create_order" else {}
    refused = await mcp(tool, customer | arguments, as_=org.agent("write"))
    assert (refused["is_error"], refused["error"]) == (True, "invalid_request")
    (fault,) = refused["errors"]
    assert fault["pointer"] == pointer
    assert fault["message"].startswith("must be ")
