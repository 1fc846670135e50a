"""All that this endpoint offers, in the order in which it is listed."""

from .registry import Registry
from .resources import organization_info, schema_of
from .tools import contacts, conversations, inventory, messages, orders, search

CONTACTS = (
    contacts.nexus_list_contacts,
    contacts.nexus_get_contact,
    contacts.nexus_create_contact,
    contacts.nexus_update_contact,
)
ORDERS = (
    orders.nexus_list_orders,
    orders.nexus_get_order,
    orders.nexus_create_order,
    orders.nexus_update_order_status,
)
INVENTORY = (inventory.nexus_list_inventory, inventory.nexus_check_stock)

registry = Registry(
    tools=(
        search.nexus_search,
        *CONTACTS,
        *ORDERS,
        *INVENTORY,
        conversations.nexus_list_conversations,
        messages.nexus_list_messages,
        conversations.nexus_send_message,
    ),
    resources=(
        organization_info,
        schema_of("contacts", CONTACTS),
        schema_of("orders", ORDERS),
        schema_of("inventory", INVENTORY),
    ),
)
