"""The call between two transactions, and what its outcome means for the message, the person and the channel."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from shared.domain.channels import health
from shared.domain.channels import service as channels
from shared.domain.channels.client import client_of
from shared.domain.channels.templates import service as templates
from shared.domain.media import service as media
from shared.domain.media.models import MediaFile
from shared.domain.messaging.attachments import service as attachments
from shared.domain.messaging.inbox import queries as inbox_queries
from shared.domain.messaging.inbox.applying import OPTED_OUT, UNREACHABLE
from shared.domain.messaging.inbox.models import MessageFact
from shared.kernel.content_types import UNKNOWN
from shared.kernel.errors import NotFound, Refusal, Unavailable
from shared.kernel.visible import InvisibleText
from shared.providers.meta.answers import Sent
from shared.providers.meta.bodies import body_for
from shared.providers.meta.client import GraphClient
from shared.providers.meta.contents import Content, InvalidMessageContent, Reaction, content_from
from shared.providers.meta.faults import STALE_TEMPLATE, FaultKind, ProviderFault
from shared.providers.meta.uploads import UploadFile
from shared.runtime import set_aside
from shared.runtime.blobs import blobs
from shared.runtime.db import Tx
from shared.runtime.deadline import database_time
from shared.runtime.log import log
from shared.runtime.set_aside import Fault, Piece
from shared.runtime.settings import settings
from shared.tenancy.transactions import service_tx

from . import queries
from .models import WINDOW, ClaimedDue, Delivered, DeliveryState, Due, SentMessage

AT_ONCE = 64
"""Messages on their way to Meta, or with a place to leave within moments."""
AHEAD_S = 0.25
"""For how long ahead places are taken; the next are taken after half of it, so that a full queue leaves no gap."""
AHEAD_FOR_ONE_S = 0.5
"""How long somebody who waits for the answer waits for a place: longer than the queue reaches, so they come next."""
ANSWERED_AFTER_S = 5.0
"""Who asks for a message to be sent is answered by then, whatever the provider does: it is on its way."""
_going_on: set[asyncio.Task[None]] = set()
MOST_ATTEMPTS = 8
LONGEST_WAIT_S = 900
UNKNOWN_FOR_S = 600
"""For how long the status webhook is waited for before the one retry."""
_PAIR_BASE = 4
_OUTCOME_TRIES = 5
_QUEUE = "messages"


class Outcome(NamedTuple):
    """What the provider said, or what was in the way before it was asked."""

    sent: Sent | None = None
    content: Content | None = None
    fault: ProviderFault | None = None


async def deliver_now(message_id: UUID, *, request_id: str) -> SentMessage:
    """Sends the message if its turn has come and a place is free; how it stands, in any case."""
    async with service_tx(request_id=request_id) as tx:
        taken = await queries.take_due(tx, message_id=message_id, limit=1, ahead_s=AHEAD_FOR_ONE_S)
    if taken:
        await _for_a_while(asyncio.create_task(_deliver_all(taken, request_id)))
    async with service_tx(request_id=request_id, read_only=True) as tx:
        return await queries.find_message(tx, message_id=message_id)


async def _deliver_all(taken: Iterable[ClaimedDue], request_id: str) -> None:
    with database_time(None):  # Its outcome is written, however long the provider takes; the caller is gone by then.
        for each in taken:
            await _deliver(each, request_id)


async def _for_a_while(going: asyncio.Task[None]) -> None:
    """Until it is done, or the caller has waited long enough: then it goes on without the caller.

    Where this process ends first, the message counts as unknown after a while, as any whose outcome nobody saw.
    """
    _going_on.add(going)
    going.add_done_callback(_going_on.discard)
    done, _ = await asyncio.wait({going}, timeout=ANSWERED_AFTER_S)
    if done:
        going.result()
    else:
        going.add_done_callback(_tell_fault)


def _tell_fault(gone: asyncio.Task[None]) -> None:
    fault = None if gone.cancelled() else gone.exception()
    if fault is not None:
        log().error("message_failed", exc_info=fault)


async def deliver_due(*, request_id: str, for_s: float) -> Delivered:
    """Sends what waits, until nothing may go now or the time is over; several workers share the work."""
    until = time.monotonic() + for_s
    async with service_tx(request_id=request_id) as tx:
        await channels.resume_cooled_channels(tx)
        await queries.forget_sending(tx, older_than_s=settings().graph_timeout_s * 2 + 20)
        repeated = await queries.requeue_unknown(tx, after_s=UNKNOWN_FOR_S)
    taken = 0
    outcomes: Counter[str] = Counter()
    on_their_way: set[asyncio.Task[str]] = set()
    try:
        while True:
            for due in await _take(request_id, AT_ONCE - len(on_their_way), until):
                on_their_way.add(asyncio.create_task(_deliver(due, request_id)))
                taken += 1
            if not on_their_way:
                return Delivered(taken, outcomes["accepted"], repeated, outcomes["set_aside"])
            done, on_their_way = await asyncio.wait(on_their_way, timeout=AHEAD_S / 2)
            outcomes.update(_outcomes(done))
    finally:
        await asyncio.gather(*on_their_way, return_exceptions=True)


def _outcomes(done: Iterable[asyncio.Task[str]]) -> list[str]:
    """Of several that failed at once one is raised, and the others are logged."""
    faults = [fault for each in done if (fault := each.exception()) is not None]
    for fault in faults[1:]:
        log().error("message_failed", exc_info=fault)
    if faults:
        raise faults[0]
    return [each.result() for each in done]


async def _take(request_id: str, limit: int, until: float) -> list[ClaimedDue]:
    if not limit or time.monotonic() >= until:
        return []
    async with service_tx(request_id=request_id) as tx:
        return await queries.take_due(tx, message_id=None, limit=limit, ahead_s=AHEAD_S)


async def _deliver(claimed: ClaimedDue, request_id: str) -> str:
    """What became of it: accepted, refused or set_aside; whatever is wrong with one message is that one's alone."""
    due = set_aside.decoded(claimed.row, Due)
    if isinstance(due, Fault):
        return await _set_aside(claimed, due, request_id, was_called=False)
    outcome = await set_aside.attempt(partial(_outcome, due, request_id))
    if isinstance(outcome, Fault):
        return await _set_aside(claimed, outcome, request_id, was_called=False)
    recorded = await set_aside.attempt(partial(_record, due, request_id, outcome))
    if recorded is not None:
        return await _set_aside(claimed, recorded, request_id, was_called=True)
    return "accepted" if outcome.sent else "refused"


async def _outcome(due: Due, request_id: str) -> Outcome:
    await asyncio.sleep(due.wait_s)
    try:
        content = content_from(due.request.content)
        _still_open(due, content)
        return Outcome(sent=await _call(due, content, request_id), content=content)
    except ProviderFault as fault:
        log().info("message_not_sent", message_id=str(due.message_id), kind=fault.kind, code=fault.code)
        return Outcome(fault=fault)
    except (InvalidMessageContent, InvisibleText) as refused:
        return Outcome(fault=ProviderFault(FaultKind.CONTENT, refused.message))


async def _set_aside(claimed: ClaimedDue, fault: Fault, request_id: str, *, was_called: bool) -> str:
    """It fails for good unless it may have gone out: then the status webhook decides."""
    error = {"kind": FaultKind.CONTENT.value, "code": None, "message": f"set aside: {fault.code}"}
    async with service_tx(request_id=request_id) as tx:
        if not was_called:
            await queries.fail_claimed(tx, claimed=claimed, error=error)
        piece = Piece(claimed.organization_id, _QUEUE, str(claimed.message_id))
        await set_aside.record(tx, piece, fault, again=False)
    return "set_aside"


def _still_open(due: Due, content: Content) -> None:
    """The window may have closed while the message waited: Meta would refuse it, so it is not sent."""
    closed = due.last_inbound_at is None or due.now >= due.last_inbound_at + WINDOW
    if closed and content.type != "template" and not due.request.human_agent:
        raise ProviderFault(FaultKind.NEEDS_TEMPLATE, "the 24 hours to answer ended while the message waited")


async def _call(due: Due, content: Content, request_id: str) -> Sent:
    client = await client_of(due)
    if due.request.media_id is not None:
        content = await _with_file(due, content, client, request_id)
    body = body_for(
        due.platform,
        due.known_by.recipient,
        content,
        reply_to=due.request.reply_to,
        opaque=None if isinstance(content, Reaction) and due.platform != "whatsapp" else str(due.message_id),
        human_agent=due.request.human_agent,
    )
    answer = await set_aside.attempt(partial(_answer, client, due.page_id or due.external_id, body))
    if isinstance(answer, Fault):
        raise ProviderFault(FaultKind.UNKNOWN, answer.text)
    if isinstance(answer, ProviderFault):
        raise answer
    return answer


async def _answer(client: GraphClient, node: str, body: dict[str, Any]) -> Sent | ProviderFault:
    try:
        return await client.send(node, body)
    except ProviderFault as fault:
        return fault


async def _with_file(due: Due, content: Content, client: GraphClient, request_id: str) -> Content:
    """A file of ours: WhatsApp gets it put up, the others get its address for a few minutes."""
    async with service_tx(request_id=request_id, read_only=True) as tx:
        files = await attachments.files_of(tx, message_id=due.message_id)
    if not files or files[0].organization_id != due.organization_id:
        raise ProviderFault(FaultKind.CONTENT, "the file is not there any more")
    file = files[0]
    try:
        if due.platform != "whatsapp":
            link = (await media.link(file)).url
            if link is None:
                raise ProviderFault(FaultKind.CONTENT, "the file is not there any more")
            return content.model_copy(update={"id": None, "link": link})
        async with aclosing(_pieces(file)) as pieces:
            uploaded = await client.upload(due.external_id, _upload_of(file, pieces))
    except NotFound as fault:
        raise ProviderFault(FaultKind.CONTENT, "the file is not there any more") from fault
    except Unavailable as fault:
        raise ProviderFault(FaultKind.RETRY, fault.message) from fault
    return content.model_copy(update={"id": uploaded, "link": None})


async def _pieces(file: MediaFile) -> AsyncGenerator[bytes]:
    """From the blob store as they are asked for: a file may be larger than what several may hold in memory."""
    async for piece in await blobs().get(media.blob_key(file.organization_id, file.id)):
        yield piece


def _upload_of(file: MediaFile, pieces: AsyncGenerator[bytes]) -> UploadFile:
    return UploadFile(pieces, file.size_bytes or 0, file.mime_type or UNKNOWN, file.file_name or str(file.id))


async def _record(due: Due, request_id: str, outcome: Outcome) -> None:
    """The outcome, in a transaction of its own. What the provider answered must not be lost to a busy moment.

    Where it is lost for good, the message counts as unknown and the status webhook decides.
    """
    for tries_left in reversed(range(_OUTCOME_TRIES)):
        try:
            async with service_tx(request_id=request_id) as tx:
                if outcome.sent is not None:
                    await _accepted(tx, due, outcome.sent, outcome.content)
                elif outcome.fault is not None:
                    await _refused(tx, due, outcome.fault)
        except Refusal:
            if not tries_left:
                raise
            await asyncio.sleep(0.2 * (_OUTCOME_TRIES - tries_left))
        else:
            return


async def _accepted(tx: Tx, due: Due, sent: Sent, content: Content | None) -> None:
    """Accepted is not sent: the status webhooks say the rest. They may have come before this."""
    held = sent.status not in (None, "accepted")
    await queries.update_state(tx, due=due, state=DeliveryState.HELD if held else DeliveryState.ACCEPTED)
    await queries.name_message(tx, due=due, platform_message_id=sent.message_id)
    if isinstance(content, Reaction):
        fact = MessageFact(
            dedup_key=f"ours:{due.message_id}",
            platform_message_id=content.message_id,
            kind="reaction",
            value=content.emoji or None,
            author="business",
            occurred_at=due.now,
        )
        await inbox_queries.record_message_event(tx, channel_id=due.channel_id, fact=fact)


async def _refused(tx: Tx, due: Due, fault: ProviderFault) -> None:
    error = {"kind": fault.kind.value, "code": fault.code, "message": fault.message[:1000]}
    match fault.kind:
        case FaultKind.UNKNOWN:
            await queries.update_state(tx, due=due, state=DeliveryState.UNKNOWN, error=error)
        case FaultKind.RECONNECT | FaultKind.BLOCKED:
            await health.apply_fault(tx, due.channel_id, fault.kind, fault.code, fault.message)
            if await queries.update_state(tx, due=due, state=DeliveryState.QUEUED, error=error):
                await queries.give_attempt_back(tx, due=due)
        case FaultKind.RETRY | FaultKind.RETRY_PAIR if due.attempts < (fault.most_attempts or MOST_ATTEMPTS):
            await _postpone(tx, due, fault, error)
        case _:
            await _fail(tx, due, fault, error)


async def _postpone(tx: Tx, due: Due, fault: ProviderFault, error: dict[str, Any]) -> None:
    if fault.kind is FaultKind.RETRY_PAIR:
        wait_s = min(float(_PAIR_BASE**due.attempts), LONGEST_WAIT_S)
        await queries.hold_chat(tx, due=due, seconds=wait_s)
    else:
        wait_s = backoff(due.attempts, fault.retry_after_s)
        if fault.most_attempts is None:
            await channels.hold(tx, channel_id=due.channel_id, seconds=wait_s)
    await queries.update_state(tx, due=due, state=DeliveryState.QUEUED, error=error, wait_s=wait_s)


async def _fail(tx: Tx, due: Due, fault: ProviderFault, error: dict[str, Any]) -> None:
    """For good; the unit of the plan goes back. A second attempt that fails says nothing of the first."""
    if due.was_repeated:
        await queries.update_state(tx, due=due, state=DeliveryState.UNKNOWN, error=error)
        return
    if not await queries.update_state(tx, due=due, state=DeliveryState.FAILED, error=error):
        return
    await queries.mark_failed(tx, due=due, error=error)
    if fault.code in STALE_TEMPLATE:
        name = str(due.request.content.get("name"))
        await templates.mark_stale(tx, channel_id=due.channel_id, name=name)
    if fault.code == UNREACHABLE:
        await inbox_queries.count_unreachable(tx, message_id=due.message_id)
    elif fault.code == OPTED_OUT:
        await inbox_queries.stop_marketing(tx, message_id=due.message_id, at=due.now)


def backoff(attempts: int, retry_after_s: float | None) -> float:
    """Seconds: doubling from two with jitter, never less than the provider asked for."""
    grown = min(2.0**attempts, LONGEST_WAIT_S) * random.uniform(0.75, 1.25)  # noqa: S311  nothing secret
    return max(grown, retry_after_s or 0.0)
