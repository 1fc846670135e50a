"""All that this endpoint offers, in the order in which it is listed."""

from .registry import Registry
from .tools import inventory, orders

registry = Registry(
    tools=(
        orders.nexus_list_orders,
        orders.nexus_get_order,
        orders.nexus_create_order,
        orders.nexus_update_order_status,
        inventory.nexus_list_inventory,
        inventory.nexus_check_stock,
    ),
    resources=(),
)
