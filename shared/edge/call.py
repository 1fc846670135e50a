"""One call: the caller, the limits, and the transaction of its work."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from typing import Any

import msgspec
from msgspec.structs import replace
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
"""Statuses that the same request always gets again. A limit, a scope or a fault of ours may be gone at the next try."""

_FAULTS = frozenset({Refusal.code, Unavailable.code})


class Answer(msgspec.Struct, frozen=True):
    """An encoded body. `replayed` means that an earlier call with the same idempotency key made it."""

    status: int
    body: bytes
    replayed: bool = False


class Call(msgspec.Struct, dict=True):
    """A request on its way through a function. `tx` is the declared transaction; `begin` opens others."""

    request: Request
    headers: Mapping[str, str]
    """From `sent_headers`."""
    request_id: str
    principal: Principal
    rate: RateClass
    usage: Usage | None = None
    log: dict[str, Any] = {}
    """Fields that the function adds to its log line."""
    level: str = "info"
    _tx: Tx | None = None
    _next: Callable[[], Awaitable[Any]] | None = None

    @cached_property
    def address(self) -> str:
        """Return the client's address, as our own proxies saw it."""
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
        """Note a refusal for the log line: an absent part of ours is an error, a busy one a warning."""
        self.log["error"] = refusal.code
        if refusal.status >= 500:  # noqa: PLR2004
            self.level = "error" if refusal.code in _FAULTS else "warning"

    def after_commit(self, step: Callable[[], Awaitable[Any]]) -> None:
        """Run `step` after the commit, outside any transaction; its result replaces the handler's answer.

        If `step` refuses, nothing is undone and the handler's answer is sent.
        """
        self._next = step

    def claim(self) -> Claim:
        """Return whose share of the connections this call uses."""
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
        """Open a transaction as the caller, who must hold the scope now."""
        return tenant_tx(
            self.principal,
            request_id=self.request_id,
            scope=scope,
            calls_today=self.calls_today,
            read_only=read_only,
        )

    async def admit(self, scope: str) -> None:
        """Refuse a caller without the scope before long work or a request to an outside service.

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
            kept = idempotency.kept(refused, idempotent) if idempotent else None
            if kept is None:
                raise
            return Answer(kept.status, kept.response, replayed=True)
        return await self._continued(self._next, answer, scope=scope, idempotent=idempotent) if self._next else answer

    async def _first(
        self, tx: Tx, work: Callable[[Tx], Awaitable[Any]], status: int, idempotent: IdempotentRequest | None
    ) -> Answer:
        """Return the answer of the call that claims the key; every other call is refused."""
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
        """Run `step` and store its answer under the key, in place of the one before it."""
        try:
            answer = replace(answer, body=json.encode(await step()))
            if idempotent is not None:
                async with self.begin(scope) as tx:
                    idempotency.keep(tx, idempotent, status=answer.status, response=answer.body)
        except Refusal as refused:
            self.log["after_commit"] = refused.code
        return answer

    async def _attempted(self, tx: Tx, work: Callable[[Tx], Awaitable[Any]], status: int) -> Answer:
        """Return the work's answer, or its refusal if the same request would be refused again."""
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
    """Return the headers by name in lower case; values of a repeated name are joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def client_address(request: Request, headers: Mapping[str, str]) -> str:
    """Return the first hop that our own proxies saw, in its canonical spelling."""
    proxies = settings().trusted_proxies
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()] if proxies else []
    if hops:
        return address_of(hops[-min(proxies, len(hops))])
    return address_of(request.client.host) if request.client else "unknown"
