"""Files with their messages."""

from uuid import UUID

import msgspec

from shared.domain.media.models import MediaFile


class AttachedFile(msgspec.Struct, frozen=True):
    message_id: UUID
    file: MediaFile
