"""What is known across rooms: search over everything, and all there is about one contact. Reads only.

Owns no table; reads customers and their labels, orders, items, chats and audit_events. Calls no service.
"""
