"""All that this endpoint offers, in the order in which it is listed."""

from .registry import Registry
from .tools import contacts, conversations, inventory, orders, search

registry = Registry(
    tools=(
        search.nexus_search,
        contacts.nexus_list_contacts,
        contacts.nexus_get_contact,
        contacts.nexus_create_contact,
        contacts.nexus_update_contact,
        orders.nexus_list_orders,
        orders.nexus_get_order,
        orders.nexus_create_order,
        orders.nexus_update_order_status,
        inventory.nexus_list_inventory,
        inventory.nexus_check_stock,
        conversations.nexus_list_conversations,
        conversations.nexus_send_message,
    ),
)
