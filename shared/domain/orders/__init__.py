"""What customers have ordered, and how far each order has come.

Owns orders, order_items and order_sequences; reads customers, organizations, audit_events. Calls catalog. The database
decides which steps are legal and moves the stock (docs/decisions/0006-stock-reservation.md).
"""
