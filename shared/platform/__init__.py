"""The surfaces that a managed platform would bring, for hosts that do not: one room each.

Owns no table itself. A room here stands on auth, tenancy and runtime, and knows no HTTP.
"""
