"""The deletion of old webhook bodies and old news of messages and channels."""

from shared.runtime.retention import Delete

from . import queries

DELETES: dict[str, Delete] = {
    "webhook_bodies": queries.delete_old_bodies,
    "message_events": queries.delete_old_message_events,
    "channel_events": queries.delete_old_channel_events,
}
