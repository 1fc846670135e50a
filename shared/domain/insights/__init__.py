"""Search over all rooms, and the profile of one contact. Reads only.

Owns no table; reads customers and their labels, orders, items, chats and audit_events. Calls no service.

Routines in infra/schema/routines/insights: closeness, contact_tokens, contacts_ending_in, contacts_named,
contacts_with_phone, item_tokens, list_recent_orders, order_tokens, search, search_alternatives, search_by_identity,
search_by_phone, search_by_words, search_contacts, search_items, search_orders, search_rows, search_tokens, show_order,
spell_code.
"""
