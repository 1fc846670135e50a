"""What the server of the interface provides: settings, the schema cache, connections, and how to enter one."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from shared.runtime.postgres.connection import Connection
from shared.runtime.postgres.statement import Statement

from .errors import DatabaseFault
from .request import Incoming, Request
from .schema import SchemaCache
from .settings import RestSettings


class Host(Protocol):
    """One caller's host; a refusal of its own that is no RestRefusal passes through."""

    settings: RestSettings
    anonymous: bool
    """Whether the caller brought no credential: 401 then takes the place of 403."""
    timeout_s: float
    """The longest time of an exchange with the database."""

    async def schema_cache(self) -> SchemaCache:
        """Return the cache of the exposed schemas; load it at first use."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Give a connection that is alive, idle and in autocommit mode, for the length of the block."""

    def enter(self, request: Request, *, read_only: bool) -> Statement:
        """Return the transaction's first statement: it sets role and request.jwt.claims, and checks what the host
        requires.

        `read_only`: GET and HEAD, and POST to a function that promises to change nothing.
        """

    def failed(self, reason: str) -> None:
        """Log the message of the database or the driver behind a 503 or 500; callers must not see it."""

    def idempotent_write(self, incoming: Incoming) -> "IdempotentWrite | None":
        """Return the claim of a write that is carried out once, however often it is sent; None for others."""


class Response(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class IdempotentWrite(Protocol):
    """A claim that travels with the work; the answer is kept in the transaction of its effect."""

    claim: Statement

    def keep(self, answer: Response) -> Statement:
        """Return the statement that keeps the answer; it is sent with the commit."""

    def replayed(self, fault: DatabaseFault) -> Response | None:
        """Return the kept answer that refused the claim; None for any other refusal."""
