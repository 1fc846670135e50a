"""What a person may ask of a business: all that is known of them, and to be forgotten.

Owns audit_values; reads contacts, orders, conversations, messages, files and the trail. Calls no service: the database
erases, in one transaction.
"""
