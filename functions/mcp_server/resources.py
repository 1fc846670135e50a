"""What an agent may read to learn about the organization and the records, without calling a tool."""

from importlib import import_module
from typing import Any

import msgspec

from shared.kernel.json import encode
from shared.platform.mcp.registry import Resource, Tool, ToolCall, resource
from shared.platform.mcp.schemas import input_schema, record_schema
from shared.quotas.models import UsageReport
from shared.quotas.service import report_usage
from shared.tenancy.models import Organization
from shared.tenancy.service import get_organization


class OrganizationInfo(msgspec.Struct, frozen=True):
    organization: Organization
    usage: UsageReport


@resource(
    "nexus://organization/info",
    name="organization-info",
    title="Organization",
    description="Name, country, currency, time zone, plan, limits and what is used of them",
)
async def organization_info(call: ToolCall) -> OrganizationInfo:
    organization = await get_organization(call.tx, organization_id=call.principal.organization_id)
    return OrganizationInfo(organization, await report_usage(call.tx, calls_today=call.calls_today))


def schema_of(noun: str) -> Resource:
    """The full schemas behind the outlines that a listing has room for: of the tools in the noun's module."""

    @resource(
        f"nexus://schema/{noun}",
        name=f"schema-{noun}",
        title=f"Schema of {noun}",
        description=f"JSON Schemas of what the tools for {noun} take and answer, in full",
        mime_type="application/schema+json",
    )
    async def schema(_call: ToolCall) -> str:
        module = import_module(f".tools.{noun}", __package__)
        described = {each.name: _described(each) for each in vars(module).values() if isinstance(each, Tool)}
        return encode({"tools": described}).decode()

    return schema


def _described(tool: Tool) -> dict[str, Any]:
    return {"arguments": input_schema(tool.arguments), "result": record_schema(tool.result)}


contacts_schema, orders_schema, inventory_schema = map(schema_of, ("contacts", "orders", "inventory"))
