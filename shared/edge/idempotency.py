"""Writes that happen once: the first answer under an idempotency key is the answer, for a day.

Answers are kept sealed: one may hold an API key, of which the database is to have no more than a hash. An answer is
kept whole or the write is refused before its commit: a part, or a status alone, would leave whoever lost the first
answer without the ids in it, and no way to ask for them again.
"""

import base64
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from shared.kernel.errors import Conflict, InvalidRequest, PayloadTooLarge, Refusal
from shared.runtime.postgres.statement import Statement
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from pydantic import BaseModel

_KEY = re.compile(r"[ -~]{1,255}", re.ASCII)
_NONCE_BYTES = 12
MOST_KEPT_BYTES = 98_304
"""An answer of 64 kB as `/rest/v1` keeps it, in base64 with its headers; the table's own bound is above it."""


class AnsweredBefore(Conflict):
    """The database spares the work, because its answer is kept; never told to a client."""

    code = "answered_before"


class IdempotencyInFlight(Conflict):
    """Raised by the database: a request with the same key is still at work."""

    code = "idempotency_in_flight"


class IdempotencyKeyReused(InvalidRequest):
    """Raised by the database: the key belongs to another request."""

    code = "idempotency_key_reused"


class InvalidIdempotencyKey(InvalidRequest):
    code = "invalid_idempotency_key"
    default_message = "Idempotency-Key is 1 to 255 printable ASCII characters"


class AnswerTooLargeToKeep(PayloadTooLarge):
    """Nothing was changed; the key is still free."""

    code = "answer_too_large_to_keep"
    default_message = (
        "an answer under an idempotency key is at most 64 kB, and nothing was changed: ask for less (on /rest/v1 "
        "Prefer: return=minimal, select=id or fewer rows), or leave the key out where doing it twice does no harm"
    )


class IdempotentRequest(NamedTuple):
    """The caller's key for one request of one operation; `payload` is the request in canonical form."""

    operation: str
    key: str
    payload: bytes

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(self.payload).hexdigest()


def canonical(*arguments: "BaseModel") -> bytes:
    """The same bytes for the same request, however its JSON was spaced and ordered, its defaults written out or not."""
    return msgspec.json.encode([_with_defaults(each) for each in arguments], order="sorted")


def idempotent_request(operation: str, key: str, payload: bytes) -> IdempotentRequest:
    if not _KEY.fullmatch(key):
        raise InvalidIdempotencyKey
    return IdempotentRequest(operation, key, payload)


class KeptAnswer(NamedTuple):
    status: int
    response: bytes


def claim(tx: Tx, request: IdempotentRequest) -> None:
    """Claim the key for this transaction, in the exchange of the work's first statement.

    That statement is refused with idempotency_in_flight while a twin holds the claim, with idempotency_key_reused for
    another payload, and with what `kept` understands where the answer is there.
    """
    _defer(tx, claiming(request))


def claiming(request: IdempotentRequest) -> Statement:
    return queries.claim_idempotency_key(
        operation=request.operation, key=request.key, request_hash=request.request_hash
    )


def kept(refusal: Refusal, request: IdempotentRequest) -> KeptAnswer | None:
    """The answer that the refusal tells of; None for any other refusal."""
    if not isinstance(refusal, AnsweredBefore):
        return None
    stored = base64.b64decode(refusal.details["response"])
    nonce, sealed = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
    return KeptAnswer(refusal.details["status"], _cipher(request).decrypt(nonce, sealed, request.operation.encode()))


def keep(tx: Tx, request: IdempotentRequest, *, status: int, response: bytes) -> None:
    """Keep the answer; it goes out with the commit of the effect it tells of.

    Raises:
        AnswerTooLargeToKeep.
    """
    _defer(tx, keeping(request, status=status, response=response))


def keeping(request: IdempotentRequest, *, status: int, response: bytes) -> Statement:
    """What keeps the answer.

    Raises:
        AnswerTooLargeToKeep.
    """
    if len(response) > MOST_KEPT_BYTES:
        raise AnswerTooLargeToKeep
    nonce = os.urandom(_NONCE_BYTES)
    return queries.keep_idempotent_answer(
        operation=request.operation,
        key=request.key,
        request_hash=request.request_hash,
        status=status,
        response=nonce + _cipher(request).encrypt(nonce, response, request.operation.encode()),
    )


async def forget_expired(tx: Tx) -> int:
    """Delete the answers whose day is over, as the service; the number of them."""
    return await queries.delete_expired_idempotency_keys(tx)


def _with_defaults(arguments: "BaseModel") -> dict[str, Any]:
    """The fields; those given alone where a model says `absence_counts`: null clears there what absence keeps."""
    given_alone = getattr(arguments, "absence_counts", False)
    return arguments.model_dump(mode="json", exclude={"idempotency_key"}, exclude_unset=given_alone)


def _defer(tx: Tx, statement: Statement) -> None:
    tx.defer(statement.sql, **statement.params)


def _cipher(request: IdempotentRequest) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (reads never wait for it)

    pepper = settings().pepper.get_secret_value().encode()
    return AESGCM(hmac.digest(pepper, b"idempotent answer " + request.key.encode(), hashlib.sha256))
