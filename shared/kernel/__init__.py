"""Pure rules: errors, clock, money, phone numbers, text, pagination.

Owns no table, does no I/O, imports no other room.
"""
