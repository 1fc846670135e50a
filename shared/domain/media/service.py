"""What may be done with a file: announced, stored once checked, shown for minutes, taken back for good."""

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID, uuid4

from shared.kernel.clock import utc_now
from shared.kernel.content_types import UNKNOWN, is_shown_inline
from shared.kernel.errors import InvalidRequest, NotFound, UnsupportedMediaType
from shared.runtime.blobs import Shown, blobs
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries
from .kinds import HEAD_BYTES, mime_type_of
from .models import ClaimedTask, Expected, Failure, Kept, MediaFile, MediaKind, MediaLink, Task

MOST_BYTES = 100 * 1024 * 1024
"""No channel carries a larger file."""
_LEASE_S = 300
_MOST_ATTEMPTS = 30
_FIRST_DELAY_S, _MOST_DELAY_S = 2.0, 6 * 3600.0
_MOST_NAME = 240


class EmptyFile(InvalidRequest):
    code = "empty_file"
    default_message = "the body is the file's bytes, and there are none"


class UnknownFileType(UnsupportedMediaType):
    """`kind` is what it was to be sent as; a document may be anything."""

    code = "unknown_file_type"
    default_message = "the file's own bytes do not say that it is of this kind: send it as a document"


def file_name(given: str | None) -> str | None:
    """A name without its path and without what a file system or a terminal would act on."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    plain = "".join(each for each in last if each.isprintable()).strip(". ")
    return plain[-_MOST_NAME:] or None


def expect(tx: Tx, *, organization_id: UUID, channel_id: UUID, files: Sequence[Expected]) -> None:
    """As the service, in the transaction that keeps the message: the files will be fetched within moments."""
    if files:
        queries.insert_expected(tx, organization_id=organization_id, channel_id=channel_id, files=files)


async def keep_upload(tx: Tx, *, media_id: UUID, kind: MediaKind, name: str | None, kept: Kept) -> MediaFile:
    """The row of a file whose bytes `store` has put away under that id.

    The same file put up before is the one that is answered: under its own id, and the new bytes are for nobody.
    """
    return await queries.insert_upload(tx, media_id=media_id, kind=kind, file_name=file_name(name), kept=kept)


async def get_media(tx: Tx, *, media_id: UUID) -> MediaFile:
    """Of the caller's organization.

    Raises:
        NotFound: absent, or not the caller's.
    """
    found = await queries.find_media(tx, media_id=media_id)
    if found is None:
        raise NotFound
    return found


async def link(media: MediaFile) -> MediaLink:
    """The file with an address to read it at, as long as NEXUS_MEDIA_LINK_TTL_S says.

    Raises:
        Unavailable: the installation has no blob store.
    """
    shown = shown_as(media)
    url, until = None, None
    if shown is not None:
        ttl_s = settings().media_link_ttl_s
        until = utc_now() + timedelta(seconds=ttl_s)
        url = await blobs().presign(blob_key(media.organization_id, media.id), shown, ttl_s=ttl_s)
    return MediaLink(
        id=media.id,
        kind=media.kind,
        status=media.status,
        failure=media.failure,
        mime_type=media.mime_type,
        file_name=media.file_name,
        size_bytes=media.size_bytes,
        url=url,
        expires_at=until,
    )


def shown_as(media: MediaFile) -> Shown | None:
    """None while there is nothing to read."""
    if media.status != "stored" or media.mime_type is None:
        return None
    return Shown(media.mime_type, media.file_name or f"{media.kind}-{media.id}", is_shown_inline(media.mime_type))


def new_id() -> UUID:
    return uuid4()


def blob_key(organization_id: UUID, media_id: UUID) -> str:
    """An organization's files lie together, so that all can be removed with it."""
    return f"{organization_id}/{media_id}"


def examined(file: BinaryIO, *, kind: MediaKind, declared: str | None) -> str:
    """The file's type by its own bytes."""
    file.seek(0)
    return mime_type_of(file.read(HEAD_BYTES), kind, declared)


async def store(organization_id: UUID, media_id: UUID, file: BinaryIO, *, mime_type: str) -> None:
    """Put the bytes away, before any row says that they are there.

    Raises:
        Unavailable: the blob store does not take them now.
    """
    await blobs().put(blob_key(organization_id, media_id), file, content_type=mime_type or UNKNOWN)


async def erase(organization_id: UUID, media_id: UUID) -> None:
    """Remove the bytes.

    Raises:
        Unavailable: the blob store does not answer.
    """
    await blobs().delete(blob_key(organization_id, media_id))


async def take_task(tx: Tx, *, spared: Sequence[UUID]) -> ClaimedTask | None:
    """As the service: work that is due, for this worker alone until its lease ends; none of those organizations'."""
    return await queries.claim_task(tx, spared=spared, lease_s=_LEASE_S)


async def finish_fetch(tx: Tx, *, task: Task, kept: Kept) -> None:
    """The bytes are stored. Where the file was taken back meanwhile, erasing it is still to be done."""
    await queries.update_stored(tx, task=task, kept=kept)
    await queries.delete_task(tx, task=task)


async def finish_erase(tx: Tx, *, task: Task) -> None:
    await queries.delete_task(tx, task=task)


async def fail_fetch(tx: Tx, *, task: Task, failure: Failure) -> None:
    """The file will never be had."""
    await queries.update_failed(tx, task=task, failure=failure)
    await queries.delete_task(tx, task=task)


async def postpone(tx: Tx, *, task: Task, fault: str, failure: Failure = Failure.UNAVAILABLE) -> None:
    """Try again after a while that grows; in the end a fetch fails so, while erasing never gives up."""
    if task.task == "fetch" and task.attempts >= _MOST_ATTEMPTS:
        await fail_fetch(tx, task=task, failure=failure)
        return
    delay_s = min(_FIRST_DELAY_S * 4.0 ** min(task.attempts, 10), _MOST_DELAY_S)
    await queries.update_task_later(tx, task=task, delay_s=delay_s, fault=fault)


async def discard(tx: Tx, *, organization_id: UUID, media_ids: Sequence[UUID]) -> None:
    """As the service: the customer took them back; nothing of them is shown from here on, and the bytes go."""
    if media_ids:
        await queries.update_deleted(tx, organization_id=organization_id, media_ids=media_ids)
