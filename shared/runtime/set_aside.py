"""Work that was set aside: a row that cannot be read or processed does not stop the others of its batch."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec
import psycopg

from shared.kernel.errors import Refusal, Unavailable
from shared.runtime.postgres.errors import Busy
from shared.runtime.postgres.transaction import Tx

from . import queries
from .log import log
from .queries import DuePiece, SetAside

Result = TypeVar("Result")
Row = TypeVar("Row")
UNREADABLE = "unreadable"
_MOST_TEXT = 1000


class Fault(NamedTuple):
    """Why one piece of work failed: `code` for its organization, `text` for the operator."""

    code: str
    text: str


class Piece(NamedTuple):
    """Work of one organization: a subject in a queue."""

    organization_id: UUID
    queue: str
    subject: str


async def attempt(work: Callable[[], Awaitable[Result]]) -> Result | Fault:
    """Return the result of the work, or the fault that stopped it.

    Raises:
        Unavailable: the database is away, which is no fault of this piece of work.
    """
    try:
        return await work()
    except Exception as fault:
        if isinstance(fault, Unavailable) and not isinstance(fault, Busy):
            raise
        return described(fault)


def decoded(raw: bytes, model: type[Row]) -> Row | Fault:
    """Decode one row of JSON by itself; return a fault if it cannot be read."""
    try:
        return msgspec.json.decode(raw, type=model)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        return Fault(UNREADABLE, f"{type(fault).__name__}: {fault}"[:_MOST_TEXT])


def described(fault: Exception) -> Fault:
    """Return the fault of an exception."""
    text = f"{type(fault).__name__}: {fault}"
    if isinstance(fault, Refusal):
        details = {name: value for name, value in fault.details.items() if name in {"constraint", "column"}}
        return Fault(fault.code, f"{text} {details}"[:_MOST_TEXT])
    if isinstance(fault, psycopg.Error):
        return Fault("database_error", f"{fault.sqlstate} {text}"[:_MOST_TEXT])
    return Fault(UNREADABLE if isinstance(fault, msgspec.MsgspecError) else "internal_error", text[:_MOST_TEXT])


async def record(tx: Tx, piece: Piece, fault: Fault, *, inbox_id: int | None = None, again: bool = True) -> None:
    """Set the piece aside, or count another attempt; with `again` it is tried again after a growing pause."""
    log().warning("set_aside", **piece._asdict(), error=fault.code, fault=fault.text)
    row = SetAside(*piece, fault.code, fault.text.replace("\x00", ""), inbox_id)
    await queries.upsert_set_aside(tx, row=row, again=again)


async def claim(tx: Tx, *, queue: str, limit: int) -> list[DuePiece]:
    """Claim pieces of webhook bodies that are due again, as the service."""
    return await queries.claim_set_aside(tx, queue=queue, limit=limit)


async def record_again(tx: Tx, piece: Piece, fault: Fault) -> None:
    """Record why a claimed piece failed again."""
    log().warning("set_aside_again", subject=piece.subject, error=fault.code, fault=fault.text)
    await queries.update_set_aside(tx, **piece._asdict(), error_code=fault.code, fault=fault.text.replace("\x00", ""))


async def clear(tx: Tx, piece: Piece) -> None:
    """Delete the piece from what is set aside, because it is done now."""
    await queries.delete_set_aside(tx, **piece._asdict())


async def retry(tx: Tx, *, organization_id: UUID | None, queue: str | None) -> int:
    """Let pieces of one organization, one queue or all be tried again now, as the service; return their number."""
    return await queries.retry_set_aside(tx, organization_id=organization_id, queue=queue)
