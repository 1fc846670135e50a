"""What the interface is given by whoever serves it: settings, the schema cache, connections, and how one is entered."""

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
    """One caller's view of it; what it refuses with, other than a RestRefusal, passes through."""

    settings: RestSettings
    anonymous: bool
    """Whether the caller brought no credential: 401 then tells what 403 would."""
    timeout_s: float
    """How long an exchange with the database may take."""

    async def schema_cache(self) -> SchemaCache:
        """Of the exposed schemas; loaded at first use."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """One that is alive, idle and in autocommit mode, for the length of the block."""

    def enter(self, request: Request, *, read_only: bool) -> Statement:
        """The transaction's first statement: role and request.jwt.claims, and whatever else the host asks of a caller.

        `read_only`: GET and HEAD, and POST to a function that promises to change nothing.
        """

    def failed(self, reason: str) -> None:
        """Log what the database or the driver says of a 503 or 500; callers are not to see it."""

    def once(self, incoming: Incoming) -> "Once | None":
        """Of a write that is to be carried out once, however often it is sent; None for any other."""


class Response(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Once(Protocol):
    """A claim that travels with the work; the answer is kept in the transaction of the effect it tells of."""

    claim: Statement

    def keep(self, answer: Response) -> Statement:
        """Goes out with the commit."""

    def replayed(self, fault: DatabaseFault) -> Response | None:
        """The answer that the claim was refused with; None for any other refusal."""
