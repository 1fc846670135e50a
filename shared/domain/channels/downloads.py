"""The job that downloads files of customers' messages, and erases those of deleted messages."""

from functools import partial
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import msgspec

from shared.domain.media import service as media
from shared.domain.media.models import ClaimedTask, Failure, StoredFile, Task
from shared.kernel.errors import PlanLimitExceeded, Unavailable
from shared.providers.meta.client import GraphClient, graph
from shared.providers.meta.faults import FaultKind, ProviderFault
from shared.runtime import http, set_aside
from shared.runtime.http import Downloaded, DownloadFailedError, FileTooLargeError
from shared.runtime.log import log
from shared.runtime.secrets import UnreadableSecretError, open_sealed
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy import pieces
from shared.tenancy.transactions import service_tx

from . import service

_QUEUE = "files"
_IN_MEMORY_BYTES = 1_048_576
_NO_SUCH_OBJECT = 100
_GONE = frozenset({403, 404, 410})
_TRIES_WHEN_DAMAGED = 2
_TRIES_WHEN_GONE = 3
"""More than one, because a URL may expire between the request for it and the download."""


class MediaWork(msgspec.Struct, frozen=True):
    fetched: int
    erased: int
    failed: int
    postponed: int
    set_aside: int


class _DownloadError(Exception):
    """`tries` is the number of attempts after which the file is given up; None is the usual number."""

    def __init__(self, fault: str, failure: Failure, tries: int | None = None) -> None:
        super().__init__(fault)
        self.failure = failure
        self.tries = tries


async def work_off(*, request_id: str, for_s: float) -> MediaWork:
    """Download and erase until nothing is due or the time is over; another worker takes other tasks."""
    perform = partial(_perform, request_id)
    outcomes = await pieces.work_off(media.take_task, perform, request_id=request_id, for_s=for_s)
    return MediaWork(**{name: outcomes[name] for name in MediaWork.__struct_fields__})


async def _perform(request_id: str, claimed: ClaimedTask) -> str:
    """Return the name of the outcome; a failure of one task affects no other."""
    piece = Piece(claimed.organization_id, _QUEUE, str(claimed.media_id))
    task = set_aside.decoded(claimed.row, Task)
    outcome = task if isinstance(task, Fault) else await set_aside.attempt(partial(_work, task, request_id))
    async with service_tx(request_id=request_id) as tx:
        if isinstance(outcome, Fault):
            await set_aside.record(tx, piece, outcome)
            if isinstance(task, Task):
                await media.postpone(tx, task=task, fault=outcome.text)
            return pieces.SET_ASIDE
        if isinstance(task, Task) and task.attempts > 1:
            await set_aside.clear(tx, piece)
    return outcome


async def _work(task: Task, request_id: str) -> str:
    try:
        if task.task == "erase":
            await media.erase(task.organization_id, task.media_id)
            async with service_tx(request_id=request_id) as tx:
                await media.finish_erase(tx, task=task)
            return "erased"
        stored = await _fetch(task, request_id)
        await _keep(task, stored, request_id)
    except _DownloadError as fault:
        return await _postpone_or_fail(task, fault, request_id)
    except Unavailable as fault:
        return await _postpone_or_fail(task, _DownloadError(fault.message, Failure.UNAVAILABLE), request_id)
    return "fetched"


async def _keep(task: Task, stored: StoredFile, request_id: str) -> None:
    try:
        async with service_tx(request_id=request_id) as tx:
            await media.finish_fetch(tx, task=task, stored=stored)
    except PlanLimitExceeded as refusal:
        await media.erase(task.organization_id, task.media_id)
        raise _DownloadError(refusal.message, Failure.NO_ROOM, 1) from refusal


async def _postpone_or_fail(task: Task, fault: _DownloadError, request_id: str) -> str:
    given_up = fault.tries is not None and task.attempts >= fault.tries
    log().warning("media_not_fetched", media_id=str(task.media_id), fault=str(fault), given_up=given_up)
    async with service_tx(request_id=request_id) as tx:
        if given_up:
            await media.fail_fetch(tx, task=task, failure=fault.failure)
            return "failed"
        await media.postpone(tx, task=task, fault=str(fault), failure=fault.failure)
    return "postponed"


async def _fetch(task: Task, request_id: str) -> StoredFile:
    """Download, check and store the file; return what it is."""
    client = await _client(task, request_id)
    with cast("BinaryIO", SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)) as file:
        found = await _download(task, client, file)
        sha256 = found.sha256.hex()
        if task.sha256 not in (None, sha256):
            raise _DownloadError("another checksum than announced", Failure.DAMAGED, _TRIES_WHEN_DAMAGED)
        mime_type = media.mime_type_of_file(file, kind=task.kind, declared=task.mime_type or found.content_type)
        await media.store(task.organization_id, task.media_id, file, mime_type=mime_type)
    return StoredFile(mime_type=mime_type, size_bytes=found.size, sha256=sha256)


async def _download(task: Task, client: GraphClient, file: BinaryIO) -> Downloaded:
    try:
        if task.provider_id is not None:
            media_file = await client.media(task.provider_id)
            return await client.download(media_file.url, file, limit_bytes=media.MOST_BYTES)
        return await http.download(task.url or "", file, limit_bytes=media.MOST_BYTES, may_visit=client.may_visit)
    except FileTooLargeError as fault:
        raise _DownloadError("too large", Failure.TOO_LARGE, 1) from fault
    except DownloadFailedError as fault:
        if fault.status in _GONE:
            raise _DownloadError(str(fault), Failure.GONE, _TRIES_WHEN_GONE) from fault
        failure = Failure.UNAVAILABLE if fault.may_succeed_later or fault.status else Failure.NOT_ALLOWED
        raise _DownloadError(str(fault), failure, None if failure is Failure.UNAVAILABLE else 1) from fault
    except ProviderFault as fault:
        if fault.code == _NO_SUCH_OBJECT or fault.kind is FaultKind.CONTENT:
            raise _DownloadError(fault.message, Failure.GONE, _TRIES_WHEN_GONE) from fault
        raise _DownloadError(fault.message, Failure.UNAVAILABLE) from fault


async def _client(task: Task, request_id: str) -> GraphClient:
    """Return a client with the channel's token for a file with an id; an address of Messenger's needs none."""
    if task.provider_id is None:
        return graph("")
    channel = None
    if task.channel_id is not None:
        async with service_tx(request_id=request_id) as tx:
            channel = await service.find_channel(tx, channel_id=task.channel_id)
    if channel is None or channel.token_sealed is None:
        raise _DownloadError("the channel has no access", Failure.UNAVAILABLE)
    try:
        return graph((await open_sealed(channel.organization_id, channel.token_sealed)).decode())
    except UnreadableSecretError as fault:
        raise _DownloadError("the channel's token cannot be opened", Failure.UNAVAILABLE) from fault
