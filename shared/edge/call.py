"""One call: who, under which limits, and the transaction its work runs in."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from starlette.requests import Request

from shared.kernel import json
from shared.kernel.errors import Refusal, Unavailable
from shared.kernel.limit_keys import address_of
from shared.quotas.rates import RateClass, Usage, charge
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.runtime.shares import Claim
from shared.tenancy.principal import Kind, Principal
from shared.tenancy.transactions import tenant_tx

from . import idempotency
from .idempotency import IdempotentRequest

KEPT = frozenset({400, 404, 409})
"""Refusals that the same request will meet again; a limit, a scope or a fault of ours may be gone at the next try."""

_FAULTS = frozenset({Refusal.code, Unavailable.code})


class Answer(NamedTuple):
    """An encoded body; `replayed` says that an earlier call with the same idempotency key made it."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass
class Call:
    """`tx` is the declared transaction; a service that needs its own gets them from `begin`."""

    request: Request
    headers: Mapping[str, str]
    """As `sent_headers` reads them."""
    request_id: str
    principal: Principal
    rate: RateClass
    usage: Usage | None = None
    log: dict[str, Any] = field(default_factory=dict)
    """What the function adds to its log line."""
    level: str = "info"
    _tx: Tx | None = None
    _next: Callable[[], Awaitable[Any]] | None = None

    @cached_property
    def address(self) -> str:
        """Where the call comes from, as far as our own proxies have seen."""
        return client_address(self.request, self.headers)

    @property
    def tx(self) -> Tx:
        if self._tx is None:
            raise RuntimeError('a function declared with tx="own" opens its transactions with call.begin')
        return self._tx

    @property
    def calls_today(self) -> int | None:
        return self.usage.calls_today if self.usage else None

    def refused(self, refusal: Refusal) -> None:
        """For the log line: a part of ours that is away is a fault, being busy is a warning."""
        self.log["error"] = refusal.code
        if refusal.status >= 500:  # noqa: PLR2004
            self.level = "error" if refusal.code in _FAULTS else "warning"

    def after_commit(self, step: Callable[[], Awaitable[Any]]) -> None:
        """`step` follows the declared transaction, in none; its result is the answer in place of the handler's.

        What it cannot do is not undone: where it refuses, the handler's answer stands.
        """
        self._next = step

    def claim(self) -> Claim:
        """Whose share of the connections the call's work takes."""
        who, lane = self.principal, self.rate.lane
        if who.organization_id is not None:
            return Claim(lane, who.organization_key, who.rate_key)
        if who.kind is Kind.SERVICE or lane == "intake":
            return Claim(lane)
        return Claim(lane, f"address {self.address}", str(who.subject or f"caller {self.address}"))

    async def charge(self, rate: RateClass | None = None, *, calls: int = 1) -> None:
        """Count calls against a rate class, the call's own unless another is given, and against the day's API calls.

        Raises:
            RateExceeded: over the rate class. The day's ceiling is met at the next transaction's start.
        """
        chosen = rate or self.rate
        address = self.address if chosen.by_address else ""
        self.usage = await charge(chosen, self.principal, address=address, calls=calls)

    def begin(self, scope: str | None, *, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
        """A transaction as the caller, who must hold the scope now."""
        return tenant_tx(
            self.principal,
            request_id=self.request_id,
            scope=scope,
            calls_today=self.calls_today,
            read_only=read_only,
        )

    async def admit(self, scope: str) -> None:
        """For what takes long or asks somebody outside: who may not is told before.

        Raises:
            Refusal: as the scope's transaction would.
        """
        async with self.begin(scope, read_only=True) as tx:
            await tx.admit()

    async def perform(
        self,
        work: Callable[[Tx], Awaitable[Any]],
        *,
        scope: str | None,
        read_only: bool,
        status: int = 200,
        idempotent: IdempotentRequest | None = None,
    ) -> Answer:
        """Do the work in one transaction; with an idempotency key, once: the same key and payload get the first answer.

        Raises:
            Refusal: the work's own; idempotency_in_flight, idempotency_key_reused.
        """
        self._next = None
        try:
            async with self.begin(scope, read_only=read_only) as tx:
                answer = await self._first(tx, work, status, None if read_only else idempotent)
        except Refusal as refused:
            kept = idempotent and idempotency.kept(refused, idempotent)
            if kept is None:
                raise
            return Answer(kept.status, kept.response, replayed=True)
        return await self._continued(self._next, answer, scope=scope, idempotent=idempotent) if self._next else answer

    async def _first(
        self, tx: Tx, work: Callable[[Tx], Awaitable[Any]], status: int, idempotent: IdempotentRequest | None
    ) -> Answer:
        """The answer of the one who claims the key; all others are refused it."""
        if idempotent is None:
            return Answer(status, await self._encoded(tx, work))
        idempotency.claim(tx, idempotent)
        answer = await self._attempted(tx, work, status)
        idempotency.keep(tx, idempotent, status=answer.status, response=answer.body)
        return answer

    async def _continued(
        self,
        step: Callable[[], Awaitable[Any]],
        answer: Answer,
        *,
        scope: str | None,
        idempotent: IdempotentRequest | None,
    ) -> Answer:
        """The answer after `step`, kept under the key in place of the one before it."""
        try:
            answer = answer._replace(body=json.encode(await step()))
            if idempotent is not None:
                async with self.begin(scope) as tx:
                    idempotency.keep(tx, idempotent, status=answer.status, response=answer.body)
        except Refusal as refused:
            self.log["after_commit"] = refused.code
        return answer

    async def _attempted(self, tx: Tx, work: Callable[[Tx], Awaitable[Any]], status: int) -> Answer:
        """The work's answer, or its refusal as one where the same request would be refused again."""
        try:
            async with tx.savepoint():
                return Answer(status, await self._encoded(tx, work))
        except Refusal as refused:
            if refused.status not in KEPT:
                await tx.admit()  # Work that asked the database nothing has not heard yet of an answer before.
                raise
            return Answer(refused.status, json.encode(refused.body(self.request_id)))

    async def _encoded(self, tx: Tx, work: Callable[[Tx], Awaitable[Any]]) -> bytes:
        # The handler of a declared transaction finds it at call.tx.
        self._tx = tx
        try:
            result = await work(tx)
        finally:
            self._tx = None
        return b"" if result is None else json.encode(result)


def sent_headers(request: Request) -> dict[str, str]:
    """The request's headers by name in lower case, read once; one sent twice becomes a list, which few may be."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def client_address(request: Request, headers: Mapping[str, str]) -> str:
    """The first hop that our own proxies have seen, in its one spelling."""
    proxies = settings().trusted_proxies
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()] if proxies else []
    if hops:
        return address_of(hops[-min(proxies, len(hops))])
    return address_of(request.client.host) if request.client else "unknown"
