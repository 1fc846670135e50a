"""The bytes of an upload: read to the end, examined, stored."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from uuid import UUID

from starlette.requests import Request

from shared.domain.media import service
from shared.domain.media.models import MediaKind, StoredFile
from shared.edge.body import stream_body
from shared.kernel.content_types import UNKNOWN
from shared.kernel.errors import Refusal

_IN_MEMORY_BYTES = 1_048_576


async def read_upload(request: Request, *, organization_id: UUID, media_id: UUID, kind: MediaKind) -> StoredFile:
    """Store the bytes, and return what kind of file they are.

    Raises:
        PayloadTooLarge, EmptyFile, UnknownFileType.
    """
    digest, size = hashlib.sha256(), 0
    with cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)) as file:
        async for chunk in stream_body(request, limit=service.MOST_BYTES):
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
        if not size:
            raise service.EmptyFile
        mime_type = service.mime_type_of_file(file, kind=kind, declared=request.headers.get("content-type"))
        if mime_type == UNKNOWN and kind is not MediaKind.DOCUMENT:
            raise service.UnknownFileType(kind=kind)
        await service.store(organization_id, media_id, file, mime_type=mime_type)
    return StoredFile(mime_type=mime_type, size_bytes=size, sha256=digest.hexdigest())


@asynccontextmanager
async def erase_if_refused(organization_id: UUID, media_id: UUID) -> AsyncIterator[None]:
    """Erase the bytes if the block that writes their row refuses."""
    try:
        yield
    except Refusal:
        await service.erase(organization_id, media_id)
        raise
