"""The effects of a call's outcome on the message, the person and the channel."""

import asyncio
import random
from typing import Any

from shared.domain.channels import health
from shared.domain.channels import service as channels
from shared.domain.channels.templates import service as templates
from shared.domain.messaging.conversations import service as conversations
from shared.domain.messaging.inbox import facts
from shared.kernel.errors import Refusal
from shared.providers.meta.answers import Sent
from shared.providers.meta.contents import Content, Reaction
from shared.providers.meta.faults import STALE_TEMPLATE, FaultKind, ProviderFault
from shared.runtime import set_aside
from shared.runtime.postgres.transaction import Tx
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy.transactions import service_tx

from . import queries
from .models import ClaimedMessage, DeliveryState, DueMessage
from .transmission import Outcome

MOST_ATTEMPTS = 8
LONGEST_WAIT_S = 900
_PAIR_BASE = 4
_OUTCOME_TRIES = 5
_QUEUE = "messages"


async def record(due: DueMessage, request_id: str, outcome: Outcome) -> None:
    """Write the outcome in a transaction of its own, with retries, so that a busy database does not lose it.

    If it is lost after all, the message counts as unknown and the status webhook decides.
    """
    for tries_left in reversed(range(_OUTCOME_TRIES)):
        try:
            async with service_tx(request_id=request_id) as tx:
                if outcome.sent is not None:
                    await _record_acceptance(tx, due, outcome.sent, outcome.content)
                elif outcome.fault is not None:
                    await _record_fault(tx, due, outcome.fault)
        except Refusal:
            if not tries_left:
                raise
            await asyncio.sleep(0.2 * (_OUTCOME_TRIES - tries_left))
        else:
            return


async def set_message_aside(claimed: ClaimedMessage, fault: Fault, request_id: str, *, was_called: bool) -> str:
    """Fail the message for good, unless it may have gone out: then the status webhook decides."""
    error = {"kind": FaultKind.CONTENT.value, "code": None, "message": f"set aside: {fault.code}"}
    async with service_tx(request_id=request_id) as tx:
        if not was_called:
            await queries.fail_claimed(tx, claimed=claimed, error=error)
        piece = Piece(claimed.organization_id, _QUEUE, str(claimed.message_id))
        await set_aside.record(tx, piece, fault, again=False)
    return "set_aside"


async def _record_acceptance(tx: Tx, due: DueMessage, sent: Sent, content: Content | None) -> None:
    """Record that the provider accepted the message; its status comes by webhooks, which may have come before.

    A message without an id at the provider gets no webhook, and so counts as sent.
    """
    if sent.message_id is None:
        await queries.update_state(tx, due=due, state=DeliveryState.SENT)
        await queries.mark_sent(tx, due=due)
    else:
        held = sent.status not in (None, "accepted")
        await queries.update_state(tx, due=due, state=DeliveryState.HELD if held else DeliveryState.ACCEPTED)
        await queries.name_message(tx, due=due, platform_message_id=sent.message_id)
    if isinstance(content, Reaction):
        await facts.record_own_reaction(
            tx,
            channel_id=due.channel_id,
            message_id=due.message_id,
            platform_message_id=content.message_id,
            emoji=content.emoji,
            occurred_at=due.now,
        )


async def _record_fault(tx: Tx, due: DueMessage, fault: ProviderFault) -> None:
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


async def _postpone(tx: Tx, due: DueMessage, fault: ProviderFault, error: dict[str, Any]) -> None:
    if fault.kind is FaultKind.RETRY_PAIR:
        wait_s = min(float(_PAIR_BASE**due.attempts), LONGEST_WAIT_S)
        await queries.hold_chat(tx, due=due, seconds=wait_s)
    else:
        wait_s = backoff(due.attempts, fault.retry_after_s)
        if fault.most_attempts is None:
            await channels.hold(tx, channel_id=due.channel_id, seconds=wait_s)
    await queries.update_state(tx, due=due, state=DeliveryState.QUEUED, error=error, wait_s=wait_s)


async def _fail(tx: Tx, due: DueMessage, fault: ProviderFault, error: dict[str, Any]) -> None:
    """Fail the message for good, which returns the plan's unit; after a repetition, the first attempt stays unknown."""
    if due.was_repeated:
        await queries.update_state(tx, due=due, state=DeliveryState.UNKNOWN, error=error)
        return
    if not await queries.update_state(tx, due=due, state=DeliveryState.FAILED, error=error):
        return
    await queries.mark_failed(tx, due=due, error=error)
    if fault.code in STALE_TEMPLATE:
        name = str(due.request.content.get("name"))
        await templates.mark_stale(tx, channel_id=due.channel_id, name=name)
    await conversations.note_failure(tx, message_id=due.message_id, code=fault.code, at=due.now)


def backoff(attempts: int, retry_after_s: float | None) -> float:
    """Return the seconds until the next attempt: doubling from two with jitter, and at least the provider's wish."""
    grown = min(2.0**attempts, LONGEST_WAIT_S) * random.uniform(0.75, 1.25)  # noqa: S311  nothing secret
    return max(grown, retry_after_s or 0.0)
