"""What the organization sells, and where it keeps it.

Owns items and warehouses; reads organizations. Calls no other domain.
"""
