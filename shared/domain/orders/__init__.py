"""Customers' orders, their lines, their status and their payment.

Owns orders, order_items and order_sequences; reads customers, organizations, audit_events. Calls catalog. The database
decides which steps are legal and moves the stock (docs/decisions/0006-stock-reservation.md).

Routines in infra/schema/routines/orders: adopt_order_item, audit_order_items, await_order_numbers, check_order_item,
check_order_lines, check_order_money, check_order_status, check_payment_status, correct_payment, describe_line,
instead_of_change, instead_of_lines, keep_finished_order, keep_order_from_deletion, key_order_number,
lock_order_numbers, next_order_statuses, next_payment_statuses, number_order, order_number_key, order_number_keys,
refuse_amount, refuse_item, refuse_line_change, refuse_refund, refuse_total, refuse_unit_price, release_deleted_orders,
settle_order_stock, total_lines.
"""
