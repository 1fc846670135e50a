"""The body of an upload, raw or as a form, stored in a file of its own while it arrives."""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import msgspec
from starlette.requests import Request

from shared.edge.body import stream_body
from shared.platform.storage.errors import EntityTooLarge, NoContentProvided
from shared.platform.storage.uploads import ReceivedFile, UploadLimits

from .forms import FormFile, form_parts

_IN_MEMORY_BYTES = 1_048_576
_MOST_METADATA_BYTES = 1_048_576
_MOST_AROUND_BYTES = 2 * 1_048_576
"""Bytes of a form besides its file."""
_MOST_TYPE = 255
_UNKNOWN = "application/octet-stream"
_NO_CACHE = "no-cache"


class Spool:
    """Bytes as they arrive, the first million of them in memory, with their count and their MD5."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self.file = file
        self.size = 0
        self._most_bytes = most_bytes
        self._digest = hashlib.md5(usedforsecurity=False)

    def write(self, piece: bytes) -> None:
        """Add a piece.

        Raises:
            EntityTooLarge: beyond the limit.
        """
        self.size += len(piece)
        if self.size > self._most_bytes:
            raise EntityTooLarge
        self._digest.update(piece)
        self.file.write(piece)

    def received(self, *, mime_type: str, cache_control: str, user_metadata: dict[str, Any] | None) -> ReceivedFile:
        self.file.seek(0)
        return ReceivedFile(self.file, self.size, self._digest.hexdigest(), mime_type, cache_control, user_metadata)


@asynccontextmanager
async def read_upload(request: Request, limits: UploadLimits) -> AsyncIterator[ReceivedFile]:
    """Read the body, and keep it while the block lasts.

    Raises:
        EntityTooLarge, InvalidMimeType, NoContentProvided.
    """
    with cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)) as file:
        spool = Spool(file, limits.most_bytes)
        content_type = request.headers.get("content-type", "")
        if content_type.lower().startswith("multipart/form-data"):
            yield await _form(request, limits, spool)
        else:
            yield await _raw(request, limits, spool, content_type[:_MOST_TYPE] or _UNKNOWN)


async def _raw(request: Request, limits: UploadLimits, spool: Spool, mime_type: str) -> ReceivedFile:
    limits.check_mime_type(mime_type)
    async for piece in stream_body(request, limit=limits.most_bytes):
        spool.write(piece)
    return spool.received(
        mime_type=mime_type,
        cache_control=request.headers.get("cache-control", _NO_CACHE),
        user_metadata=header_metadata(request),
    )


async def _form(request: Request, limits: UploadLimits, spool: Spool) -> ReceivedFile:
    fields: dict[str, str] = {}
    mime_type: str | None = None
    body = stream_body(request, limit=limits.most_bytes + _MOST_AROUND_BYTES)
    async for part in form_parts(body, request.headers["content-type"], most_bytes=_MOST_METADATA_BYTES):
        if isinstance(part, bytes):
            spool.write(part)
        elif isinstance(part, FormFile):
            mime_type = (fields.get("contentType") or part.content_type or _UNKNOWN)[:_MOST_TYPE]
            limits.check_mime_type(mime_type)
        else:
            fields[part.name] = part.value
    if mime_type is None:
        raise NoContentProvided
    lasts = fields.get("cacheControl")
    return spool.received(
        mime_type=mime_type,
        cache_control=f"max-age={lasts[:100]}" if lasts else _NO_CACHE,
        user_metadata=_metadata(fields.get("metadata") or fields.get("userMetadata")),
    )


def header_metadata(request: Request) -> dict[str, Any] | None:
    """Return the object's metadata from `x-metadata`, which is in base64."""
    try:
        given = base64.b64decode(request.headers.get("x-metadata", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _metadata(given)


def _metadata(text: str | bytes | None) -> dict[str, Any] | None:
    """Parse the metadata; ignore a text that is no JSON object."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any]) if text else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
