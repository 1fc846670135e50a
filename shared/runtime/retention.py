"""The deletion of old events of the outbox and old work that was set aside."""

from . import queries
from .purging import Delete

DELETES: dict[str, Delete] = {
    "outbox": queries.delete_old_outbox,
    "set_aside": queries.delete_old_set_aside,
}
