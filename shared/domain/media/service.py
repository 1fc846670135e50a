"""A file's life: announced, stored once it is checked, readable by a link for minutes, erased for good."""

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID, uuid4

from shared.kernel.clock import utc_now
from shared.kernel.content_types import UNKNOWN, is_shown_inline
from shared.kernel.errors import InvalidRequest, NotFound, UnsupportedMediaType
from shared.kernel.structs import fields_of
from shared.runtime.blobs import Shown, blobs
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries
from .kinds import HEAD_BYTES, mime_type_of
from .models import ClaimedTask, Expected, Failure, MediaFile, MediaKind, MediaLink, StoredFile, Task

MOST_BYTES = 100 * 1024 * 1024
"""The size of the largest file that any channel carries."""
_LEASE_S = 300
_MOST_ATTEMPTS = 30
_FIRST_DELAY_S, _MOST_DELAY_S = 2.0, 6 * 3600.0
_MAX_NAME_LENGTH = 240


class EmptyFile(InvalidRequest):
    code = "empty_file"
    default_message = "the body must be the bytes of the file, and is empty"


class UnknownFileType(UnsupportedMediaType):
    """`kind` is the requested kind of the file; a document may have any type."""

    code = "unknown_file_type"
    default_message = "the bytes of the file do not match this kind: send it as a document"


def file_name(path: str | None) -> str | None:
    """Return the name without its path and without characters that a file system or a terminal would act on."""
    last = (path or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(character for character in last if character.isprintable()).strip(". ")
    return plain[-_MAX_NAME_LENGTH:] or None


def expect(tx: Tx, *, organization_id: UUID, channel_id: UUID, files: Sequence[Expected]) -> None:
    """Queue the fetching of files, as the service, in the transaction that stores their message."""
    if files:
        queries.insert_expected(tx, organization_id=organization_id, channel_id=channel_id, files=files)


async def keep_upload(tx: Tx, *, media_id: UUID, kind: MediaKind, name: str | None, stored: StoredFile) -> MediaFile:
    """Insert the row of a file whose bytes `store` has written under that id.

    If the same file was uploaded before, return that one, under its own id; the new bytes then have no row.
    """
    return await queries.insert_upload(tx, media_id=media_id, kind=kind, file_name=file_name(name), stored=stored)


async def get_media(tx: Tx, *, media_id: UUID) -> MediaFile:
    """Return the file.

    Raises:
        NotFound: there is no such file in the caller's organization.
    """
    found = await queries.find_media(tx, media_id=media_id)
    if found is None:
        raise NotFound
    return found


async def link(media: MediaFile) -> MediaLink:
    """Return the file with a URL that is readable for NEXUS_MEDIA_LINK_TTL_S seconds.

    Raises:
        Unavailable: the installation has no blob store.
    """
    display = display_of(media)
    url, until = None, None
    if display is not None:
        ttl_s = settings().media_link_ttl_s
        until = utc_now() + timedelta(seconds=ttl_s)
        url = await blobs().presign(blob_key(media.organization_id, media.id), display, ttl_s=ttl_s)
    return MediaLink(**fields_of(MediaLink, media), url=url, expires_at=until)


def display_of(media: MediaFile) -> Shown | None:
    """Return the type and name for the reader's browser; None while there is nothing to read."""
    if media.status != "stored" or media.mime_type is None:
        return None
    return Shown(media.mime_type, media.file_name or f"{media.kind}-{media.id}", is_shown_inline(media.mime_type))


def new_id() -> UUID:
    return uuid4()


def blob_key(organization_id: UUID, media_id: UUID) -> str:
    """Return the key of a file's bytes; an organization's files share a prefix, so that all can be removed with it."""
    return f"{organization_id}/{media_id}"


def mime_type_of_file(file: BinaryIO, *, kind: MediaKind, declared: str | None) -> str:
    """Return the file's type by its own bytes, or UNKNOWN."""
    file.seek(0)
    return mime_type_of(file.read(HEAD_BYTES), kind, declared)


async def store(organization_id: UUID, media_id: UUID, file: BinaryIO, *, mime_type: str) -> None:
    """Write the bytes to the blob store; the row follows, so that no row names missing bytes.

    Raises:
        Unavailable: the blob store does not accept them now.
    """
    await blobs().put(blob_key(organization_id, media_id), file, content_type=mime_type or UNKNOWN)


async def erase(organization_id: UUID, media_id: UUID) -> None:
    """Delete the bytes.

    Raises:
        Unavailable: the blob store does not answer.
    """
    await blobs().delete(blob_key(organization_id, media_id))


async def take_task(tx: Tx, *, spared: Sequence[UUID]) -> ClaimedTask | None:
    """Claim, as the service, one due task, for this worker alone until its lease ends.

    Tasks of the organizations in `spared` are skipped.
    """
    return await queries.claim_task(tx, spared=spared, lease_s=_LEASE_S)


async def finish_fetch(tx: Tx, *, task: Task, stored: StoredFile) -> None:
    """Record that the bytes are stored; a task to erase the file, if one came meanwhile, stays."""
    await queries.update_stored(tx, task=task, stored=stored)
    await queries.delete_task(tx, task=task)


async def finish_erase(tx: Tx, *, task: Task) -> None:
    await queries.delete_task(tx, task=task)


async def fail_fetch(tx: Tx, *, task: Task, failure: Failure) -> None:
    """Record that the file cannot be fetched, for good."""
    await queries.update_failed(tx, task=task, failure=failure)
    await queries.delete_task(tx, task=task)


async def postpone(tx: Tx, *, task: Task, fault: str, failure: Failure = Failure.UNAVAILABLE) -> None:
    """Retry the task after a growing delay; a fetch fails in the end with `failure`, an erasure never gives up."""
    if task.task == "fetch" and task.attempts >= _MOST_ATTEMPTS:
        await fail_fetch(tx, task=task, failure=failure)
        return
    delay_s = min(_FIRST_DELAY_S * 4.0 ** min(task.attempts, 10), _MOST_DELAY_S)
    await queries.update_task_later(tx, task=task, delay_s=delay_s, fault=fault)


async def discard(tx: Tx, *, organization_id: UUID, media_ids: Sequence[UUID]) -> None:
    """Hide, as the service, files that the customer deleted, and queue the erasure of their bytes."""
    if media_ids:
        await queries.update_deleted(tx, organization_id=organization_id, media_ids=media_ids)
