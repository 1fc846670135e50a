"""How much a caller may: rate classes, the plan's daily API calls, and the report of both.

Owns plans and usage_counters; reads organizations. Calls the shared store and Postgres.
"""
