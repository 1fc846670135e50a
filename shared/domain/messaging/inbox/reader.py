"""The reader of bodies: all in one transaction, or after a fault, every event in its own transaction."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.channels import service as channels_service
from shared.domain.channels.models import Channel
from shared.providers.meta.events import AnyEvent
from shared.providers.meta.intake import parse
from shared.runtime import set_aside
from shared.runtime.log import log
from shared.runtime.postgres.errors import Busy
from shared.runtime.postgres.transaction import Tx
from shared.runtime.set_aside import Fault, Piece
from shared.tenancy.transactions import service_statements, service_tx

from . import queries
from .effects import apply
from .models import DoneBody, SetAsideEvent, WaitingBody

if TYPE_CHECKING:
    from uuid import UUID

QUEUE = "webhooks"
LOCKED_FOR_S = 1.0
"""The longest wait for a row that another transaction holds."""
_HELD = Fault(Busy.code, "other events of the organization met a lock")


class Routed(NamedTuple):
    """An event and a channel that it concerns."""

    channel: Channel
    event: AnyEvent

    @property
    def subject(self) -> str:
        return f"{self.channel.id}:{self.event.dedup_key}"


class Reader:
    """One run of the job, which sets aside the further events of an organization whose rows are locked."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._held: set[UUID] = set()
        self.set_aside = 0

    async def read_together(self, waiting: Sequence[WaitingBody]) -> list[DoneBody]:
        """Apply all events of the bodies and mark them as read, in one transaction; raise the first fault."""
        async with service_tx(request_id=self._request_id) as tx:
            queries.lock_bodies(tx, body_ids=[body.id for body in waiting])
            parsed = [(body, parse(body.body, received_at=body.received_at)) for body in waiting]
            routes = await _routes(tx, [event for _, events in parsed for event in events])
            done: list[DoneBody] = []
            routed: list[tuple[int, Routed]] = []
            for body, events in parsed:
                found = [(event, _channels(routes, event)) for event in events]
                routed += [(body.id, Routed(channel, event)) for event, channels in found for channel in channels]
                done.append(DoneBody(body.id, len(events), sum(not channels for _, channels in found)))
            await self._apply_all(tx, routed)
            await queries.update_processed(tx, done=done)
        return done

    async def read_alone(self, body: WaitingBody) -> DoneBody | None:
        """Apply each event in its own transaction, and set faulty ones aside; return None for an unreadable body."""
        routed = await set_aside.attempt(partial(self._routed, body.body, body))
        if isinstance(routed, Fault):
            await self._leave(body, routed)
            return None
        events, unrouted, found = routed
        for event in found:
            fault = await self._apply_alone(event)
            if fault is not None:
                await self._record(fault, body.id, event)
        done = DoneBody(body.id, events, unrouted)
        await self._finish(done)
        return done

    async def retry(self, aside: SetAsideEvent) -> bool:
        """Retry an event that was set aside; return whether it is done now."""
        routed = await set_aside.attempt(partial(self._routed, aside.body, aside))
        fault: Fault | None = None
        if isinstance(routed, Fault):
            fault = routed
        else:
            for event in _matching(aside, routed[2]):
                fault = await self._apply_alone(event) or fault
        piece = Piece(aside.organization_id, QUEUE, aside.subject)
        async with service_statements(request_id=self._request_id) as tx:
            if fault is None:
                await set_aside.clear(tx, piece)
            else:
                await set_aside.record_again(tx, piece, fault)
        return fault is None

    async def _routed(self, raw: bytes, body: WaitingBody | SetAsideEvent) -> tuple[int, int, list[Routed]]:
        events = parse(raw, received_at=body.received_at)
        async with service_statements(request_id=self._request_id) as tx:
            routes = await _routes(tx, events)
        found = [(event, _channels(routes, event)) for event in events]
        routed = [Routed(channel, event) for event, channels in found for channel in channels]
        return len(events), sum(not channels for _, channels in found), _in_order(routed)

    async def _apply_all(self, tx: Tx, routed: Sequence[tuple[int, Routed]]) -> None:
        for body_id, event in routed:
            if event.channel.organization_id in self._held:
                await self._record(_HELD, body_id, event)
        free = _in_order(event for _, event in routed if event.channel.organization_id not in self._held)
        if free:
            await channels_service.lock_channels(tx, channel_ids=list({event.channel.id for event in free}))
            queries.limit_waiting(tx, seconds=LOCKED_FOR_S)
        for event in free:
            await apply(tx, event.channel, event.event)

    async def _apply_alone(self, routed: Routed) -> Fault | None:
        if routed.channel.organization_id in self._held:
            return _HELD
        fault = await set_aside.attempt(partial(self._apply_one, routed))
        if fault is not None and fault.code == Busy.code:
            self._held.add(routed.channel.organization_id)
        return fault

    async def _apply_one(self, routed: Routed) -> None:
        async with service_tx(request_id=self._request_id) as tx:
            await channels_service.lock_channels(tx, channel_ids=[routed.channel.id])
            queries.limit_waiting(tx, seconds=LOCKED_FOR_S)
            await apply(tx, routed.channel, routed.event)

    async def _record(self, fault: Fault, body_id: int, routed: Routed) -> None:
        self.set_aside += 1
        async with service_statements(request_id=self._request_id) as tx:
            piece = Piece(routed.channel.organization_id, QUEUE, routed.subject)
            await set_aside.record(tx, piece, fault, inbox_id=body_id)

    async def _leave(self, body: WaitingBody, fault: Fault) -> None:
        self.set_aside += 1
        log().warning("webhook_unread", body=body.id, attempts=body.attempts, fault=fault.text)
        async with service_statements(request_id=self._request_id) as tx:
            await queries.update_unread(tx, body_id=body.id, error=fault.text)

    async def _finish(self, done: DoneBody) -> None:
        async with service_statements(request_id=self._request_id) as tx:
            await queries.update_processed(tx, done=[done])


def _in_order(routed: Iterable[Routed]) -> list[Routed]:
    """Sort by channel and time, so that the events of a conversation are applied in their order."""
    return sorted(routed, key=lambda event: (event.channel.id, event.event.occurred_at))


def _matching(aside: SetAsideEvent, routed: Sequence[Routed]) -> list[Routed]:
    """Return the event that was set aside; if it is read differently now, all events of its organization."""
    own = [event for event in routed if event.channel.organization_id == aside.organization_id]
    return [event for event in own if event.subject == aside.subject] or own


async def _routes(tx: Tx, events: Iterable[AnyEvent]) -> list[Channel]:
    accounts = {event.account_id for event in events if event.account_id}
    return await channels_service.list_routes(tx, external_ids=sorted(accounts)) if accounts else []


def _channels(routes: Sequence[Channel], event: AnyEvent) -> list[Channel]:
    """Return the channel of a number or page; for an event of a WhatsApp account, its named channel or all of them."""
    own = [route for route in routes if (route.platform, route.external_id) == (event.channel, event.account_id)]
    if own:
        return own[:1]
    of_account = [route for route in routes if event.channel == "whatsapp" and route.waba_id == event.account_id]
    phone = _digits(getattr(event, "phone", None))
    named = [route for route in of_account if phone and _digits(route.phone) == phone]
    return named or of_account


def _digits(phone: str | None) -> str:
    return "".join(character for character in phone or "" if character.isdigit())
