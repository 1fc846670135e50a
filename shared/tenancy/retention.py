"""The deletion of old rows of the audit trail."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "audit_events": queries.delete_old_audit,
}
