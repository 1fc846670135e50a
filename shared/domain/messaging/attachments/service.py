"""Files of a message, which are received, shown and deleted with it."""

import base64
import binascii
from collections.abc import Sequence
from uuid import UUID

from shared.domain.media import service as media
from shared.domain.media.models import Expected, MediaFile, MediaKind
from shared.providers.meta.inbound import Media
from shared.runtime.postgres.transaction import Tx

from . import queries

_SHA256_BYTES = 32


def attach_received(
    tx: Tx, *, organization_id: UUID, channel_id: UUID, message_id: UUID, files: Sequence[Media]
) -> None:
    """Queue the download of a message's files, in the transaction that stores it. As the service."""
    expected = [file for file in map(_expected, files) if file.provider_id or file.url]
    if expected:
        media.expect(tx, organization_id=organization_id, channel_id=channel_id, files=expected)
        queries.insert_message_media(
            tx, organization_id=organization_id, message_id=message_id, media_ids=[file.id for file in expected]
        )


async def discard(tx: Tx, *, organization_id: UUID, message_id: UUID) -> None:
    """Discard the files of a message that its author deleted, downloaded or not. As the service."""
    files = await queries.list_files_of_messages(tx, message_ids=[message_id])
    media_ids = [attached.file.id for attached in files if attached.file.organization_id == organization_id]
    await media.discard(tx, organization_id=organization_id, media_ids=media_ids)


async def files_of(tx: Tx, *, message_id: UUID) -> list[MediaFile]:
    return [attached.file for attached in await queries.list_files_of_messages(tx, message_ids=[message_id])]


def _expected(file: Media) -> Expected:
    return Expected(
        id=media.new_id(),
        kind=MediaKind(file.kind.value),
        provider_id=_within(file.id, 1, 255),
        url=_within(file.url, 1, 4096),
        file_name=media.file_name(file.filename),
        mime_type=_within(file.mime_type, 3, 127),
        sha256=_hexadecimal(file.sha256),
    )


def _within(text: str | None, least: int, most: int) -> str | None:
    return text if text and least <= len(text) <= most else None


def _hexadecimal(sha256: str | None) -> str | None:
    """Return WhatsApp's base64 checksum in hexadecimal; None for any other text."""
    try:
        raw = base64.b64decode(sha256 or "", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == _SHA256_BYTES else None
