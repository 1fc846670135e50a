"""The bytes of objects: announced, written once under a version, erased when no row names the version any more."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from shared.kernel.errors import NotFound
from shared.runtime.blobs import Blobs, Span, blobs
from shared.tenancy.transactions import service_statements

from . import queries
from .errors import NoSuchKey

_VERSION = re.compile(r"[a-z0-9-]{2,64}", re.ASCII)
_ANNOUNCED_S = 86_400
"""The longest time of an upload."""


@asynccontextmanager
async def new_version(request_id: str, write: Callable[[Blobs, str], Any]) -> AsyncIterator[str]:
    """Write the bytes of a new version by `write`; the block then writes the row that names the version.

    If the block fails, the bytes are erased soon; if the process ends within it, they are erased after a day.

    Raises:
        Unavailable: the blob store does not accept them now.
    """
    version = str(uuid4())
    async with service_statements(request_id=request_id) as tx:
        await queries.insert_blob_to_erase(tx, version=version, due_s=_ANNOUNCED_S)
    try:
        await write(blobs(), blob_key(version))
        yield version
    except BaseException:
        async with service_statements(request_id=request_id) as tx:
            await queries.update_blob_due(tx, version=version)
        raise


async def read(version: str | None, span: Span | None) -> AsyncIterator[bytes]:
    """Return the bytes of a version, or a part of them.

    Raises:
        NoSuchKey: the version has no bytes.
        Unavailable: the blob store does not answer.
    """
    try:
        return await blobs().get(blob_key(version), span=span)
    except NotFound as absent:
        raise NoSuchKey from absent


def blob_key(version: str | None) -> str:
    """Return the key of a version, in folders of two letters, so that none becomes too large to list.

    Raises:
        NoSuchKey: the row has no version of ours, and so no bytes.
    """
    if not version or not _VERSION.fullmatch(version):
        raise NoSuchKey
    return f"storage/{version[:2]}/{version}"
