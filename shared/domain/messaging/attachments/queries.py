"""All SQL of this room; row level security narrows a caller's statements, the service names the organization."""

from collections.abc import Sequence
from uuid import UUID

from shared.runtime.postgres.transaction import Tx

from .models import AttachedFile


def insert_message_media(tx: Tx, *, organization_id: UUID, message_id: UUID, media_ids: Sequence[UUID]) -> None:
    """Attach the files to the message, with the next statement or the commit."""
    sql = """
        INSERT INTO message_media (organization_id, message_id, position, media_id)
        SELECT %(organization_id)s, %(message_id)s, listed.place - 1, listed.id
        FROM unnest(%(media_ids)s::uuid[]) WITH ORDINALITY AS listed (id, place)
    """
    tx.defer(sql, organization_id=organization_id, message_id=message_id, media_ids=list(media_ids))


async def list_files_of_messages(tx: Tx, *, message_ids: Sequence[UUID]) -> list[AttachedFile]:
    """List the files of the messages, in their order within a message."""
    sql = """
        SELECT attached.message_id, jsonb_build_object(
            'id', media.id, 'organization_id', media.organization_id, 'kind', media.kind, 'status', media.status,
            'failure', media.failure, 'mime_type', media.mime_type, 'file_name', media.file_name,
            'size_bytes', media.size_bytes, 'sha256', media.sha256, 'created_at', media.created_at
        ) AS file
        FROM message_media AS attached
        JOIN media ON media.organization_id = attached.organization_id AND media.id = attached.media_id
        WHERE attached.message_id = ANY(%(message_ids)s)
        ORDER BY attached.message_id, attached.position
    """
    return await tx.all(AttachedFile, sql, message_ids=list(message_ids))
