"""Every argument that is a time, of every function and tool: within the years that the database takes, or refused."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, get_args

import pytest
from pydantic import AwareDatetime, BaseModel, NaiveDatetime, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from functions.mcp_server.catalog import registry
from infra import functions

pytestmark = pytest.mark.anyio

BEYOND = [
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T23:59:59Z",
    "1900-01-01T00:00:01+14:00",
    "2200-12-31T23:59:59-05:00",
    "2201-01-01T00:00:00Z",
    "9999-12-31",
    "9999-12-31T23:59:59.999999-14:00",
]
NO_TIMES = ["20261201", "20261130", "5", "-1", " 5", "1e9", "1700000000.5", "٢٠٢٦١٢٠١", "", 5, -1, 20261201, 1.5, True]
"""What pydantic by itself would mostly take for seconds since 1970."""
KINDS = (date, datetime, AwareDatetime, NaiveDatetime)
WITHIN = ["1900-01-01T00:00:00Z", "2200-12-31T23:59:59.999999Z", "2026-06-01T12:00:00+02:00"]


def _models() -> Iterator[tuple[str, type[BaseModel]]]:
    for spec in functions.specs():
        if spec.body:
            yield spec.name, spec.body
    for name in registry.tools:
        yield name, registry.tools[name].arguments


def _names_time(annotation: Any) -> bool:
    return annotation in KINDS or any(_names_time(part) for part in get_args(annotation))


def _adapter(field: FieldInfo) -> TypeAdapter[Any]:
    return TypeAdapter(field.rebuild_annotation())


TIMES = [
    pytest.param(_adapter(field), id=f"{owner}.{name}")
    for owner, model in _models()
    for name, field in model.model_fields.items()
    if _names_time(field.annotation)
]


def test_the_times_are_found():
    assert {
        "nexus_list_orders.created_to",
        "nexus_update_contact.next_follow_up",
        "agent-api-key-create.expires_at",
    } <= {each.id for each in TIMES}


@pytest.mark.parametrize("adapter", TIMES)
def test_a_time_beyond_the_years_is_refused_with_the_years(adapter):
    for text in BEYOND:
        with pytest.raises(ValidationError, match=r"between 1900 and 2200|timezone"):
            adapter.validate_python(text)


@pytest.mark.parametrize("adapter", TIMES)
@pytest.mark.parametrize("given", NO_TIMES, ids=repr)
def test_a_number_and_digits_are_no_time(adapter, given):
    with pytest.raises(ValidationError, match="must begin with a date"):
        adapter.validate_python(given)


@pytest.mark.parametrize("adapter", TIMES)
def test_a_time_within_the_years_is_taken(adapter):
    assert all(adapter.validate_python(text) for text in WITHIN)


@pytest.mark.parametrize("name", ["created_from", "created_to"])
@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "2201-01-01T00:00:00Z"])
async def test_orders_of_a_time_beyond_the_years_are_invalid_arguments(org, mcp, name, text):
    told = await mcp("nexus_list_orders", {name: text}, as_=org.agent("read"))
    assert (told["is_error"], told["error"]) == (True, "invalid_request")
    assert "1900 and 2200" in str(told["errors"])


@pytest.mark.parametrize("text", ["1900-01-01", "2200-12-31", "2200-12-31T23:59:59Z"])
async def test_orders_of_the_first_and_last_day_are_listed(org, mcp, text):
    for name in ("created_from", "created_to"):
        assert not (await mcp("nexus_list_orders", {name: text}, as_=org.agent("read")))["is_error"]
