"""Quotas: rate classes, the plan's daily API calls, and the report of both.

Owns plans and usage_counters; reads organizations. Calls the shared store and Postgres.

Routines in infra/schema/routines/quotas: add_usage, count_added, count_removed, count_storage, count_trail,
counted_month, counting_timezone, end_counted_day, plan_cap, refuse_spent_day, stop_counting, stored_bytes, stored_for.
"""
