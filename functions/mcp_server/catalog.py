"""All that this endpoint offers, in the order in which it is listed, and the module that each stands in."""

from shared.platform.mcp.registry import OnDemand, Registry, Resource, Tool

TOOLS = {
    "nexus_search": "search",
    "nexus_list_contacts": "contacts",
    "nexus_get_contact": "contacts",
    "nexus_create_contact": "contacts",
    "nexus_update_contact": "contacts",
    "nexus_list_orders": "orders",
    "nexus_get_order": "orders",
    "nexus_create_order": "orders",
    "nexus_update_order_status": "orders",
    "nexus_list_inventory": "inventory",
    "nexus_check_stock": "inventory",
    "nexus_list_conversations": "conversations",
    "nexus_list_messages": "messages",
    "nexus_send_message": "conversations",
}
RESOURCES = {
    "nexus://organization/info": "organization_info",
    "nexus://schema/contacts": "contacts_schema",
    "nexus://schema/orders": "orders_schema",
    "nexus://schema/inventory": "inventory_schema",
}

registry = Registry(
    tools=OnDemand[Tool](__package__, {name: (f".tools.{module}", name) for name, module in TOOLS.items()}),
    resources=OnDemand[Resource](__package__, {uri: (".resources", name) for uri, name in RESOURCES.items()}),
)
