"""The deletion of old attempts to get access."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "access_attempts": queries.delete_old_attempts,
}
