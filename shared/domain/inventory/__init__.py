"""The stock of each item in each warehouse, and the part of it that is reserved for orders.

Owns stock_balances, stock_movements, stock_reservations and the view item_stock; reads the catalog and organizations.
Its writes are functions in the database, which the triggers of movements and orders call.

Routines in infra/schema/routines/inventory: apply_stock_movements, check_transfers, consume_stock,
guard_stock_movements, lock_stock, release_stock, reserve_stock.
"""
