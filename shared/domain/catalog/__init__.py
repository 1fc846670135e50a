"""The organization's items, and its warehouses.

Owns items and warehouses; reads organizations. Calls no other domain.

Routines in infra/schema/routines/catalog: adopt_currency, cap_warehouses, check_item_prices, key_sku,
make_first_warehouse_default, move_default_warehouse.
"""
