"""Resources: the organization and the schemas of its records, readable without a tool call."""

from importlib import import_module
from typing import Any

import msgspec

from shared.kernel.json import encode
from shared.platform.mcp.registry import Resource, Tool, ToolContext, resource
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
async def organization_info(context: ToolContext) -> OrganizationInfo:
    organization = await get_organization(context.tx, organization_id=context.principal.organization_id)
    return OrganizationInfo(organization, await report_usage(context.tx, calls_today=context.calls_today))


def schema_of(noun: str) -> Resource:
    """Declare a resource with the full schemas of the tools in the noun's module; a list has outlines only."""

    @resource(
        f"nexus://schema/{noun}",
        name=f"schema-{noun}",
        title=f"Schema of {noun}",
        description=f"JSON Schemas of what the tools for {noun} take and answer, in full",
        mime_type="application/schema+json",
    )
    async def schema(_context: ToolContext) -> str:
        module = import_module(f".tools.{noun}", __package__)
        described = {tool.name: _described(tool) for tool in vars(module).values() if isinstance(tool, Tool)}
        return encode({"tools": described}).decode()

    return schema


def _described(tool: Tool) -> dict[str, Any]:
    return {"arguments": input_schema(tool.arguments), "result": record_schema(tool.result)}


contacts_schema, orders_schema, inventory_schema = map(schema_of, ("contacts", "orders", "inventory"))
