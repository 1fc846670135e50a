"""The deletion of old records of delivery."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "deliveries": queries.delete_old_deliveries,
}
