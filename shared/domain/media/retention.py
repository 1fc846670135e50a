"""The deletion of files that no message shows."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "files": queries.delete_never_shown,
}
