"""A request that writes a default out is the request that leaves it out, under one idempotency key."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from functions.mcp_server.catalog import registry
from infra import functions
from shared.edge.idempotency import canonical

ID = str(uuid.UUID(int=1))
EXAMPLES = {spec.name: spec.example for spec in functions.specs() if spec.example}
ARGUMENTS: dict[str, dict[str, Any]] = EXAMPLES | {
    "agent-auth": {"api_key": "nxs_ak_none"},
    "agent-register": {
        "agent_name": "Till", "agent_platform": "claude", "owner_email": "mona@example.com",
        "organization_name": "Mona's",
    },
    "organization-create": {"name": "Mona's"},
    "retry-set-aside": {},
    "nexus_create_contact": {"first_name": "Mona"},
    "nexus_update_contact": {"customer_id": ID, "first_name": "Mona"},
    "nexus_create_order": {"customer_id": ID, "items": [{"sku": "MUG", "qty": 1}]},
    "nexus_update_order_status": {"order_id": ID, "order_status": "confirmed"},
    "nexus_send_message": {"chat_id": ID, "content": "hello"},
}  # fmt: skip
"""The least that each takes."""


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    for spec in functions.specs():
        if spec.body is not None and spec.method != "GET" and not spec.has_own_protocol:
            yield spec.name, spec.body
    for name, tool in registry.tools.items():
        if tool.scope != "read":
            yield name, tool.arguments


@pytest.mark.parametrize(("name", "model"), list(models()))
def test_a_default_that_is_written_out_changes_no_request(name, model):
    least = ARGUMENTS[name]
    asked = model.model_validate(least)
    whole = asked.model_dump(mode="json")
    written = least | {field: whole[field] for field in whole if field in least or field not in asked.model_fields_set}
    if getattr(model, "absence_counts", False):
        written = {field: value for field, value in written.items() if field in least or value is not None}
    assert canonical(model.model_validate(written)) == canonical(asked)
    assert canonical(model.model_validate(dict(reversed(written.items())))) == canonical(asked)


def test_null_where_it_clears_a_field_is_another_request():
    model = registry.tools["nexus_update_contact"].arguments
    least = ARGUMENTS["nexus_update_contact"]
    assert canonical(model.model_validate(least | {"notes": None})) != canonical(model.model_validate(least))


def test_another_value_than_the_default_is_another_request():
    model = registry.tools["nexus_create_order"].arguments
    least = ARGUMENTS["nexus_create_order"]
    assert canonical(model.model_validate(least | {"payment_mode": "prepaid"})) != canonical(
        model.model_validate(least)
    )
