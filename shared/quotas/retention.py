"""The deletion of old counters of days."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "usage_days": queries.delete_old_counters,
}
