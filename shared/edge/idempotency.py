"""Writes that happen once: the first answer under an idempotency key is the answer, for a day.

Answers are stored encrypted: one may hold an API key, of which the database stores no more than a hash. An answer is
stored whole, or the write is refused before its commit: with a part of it, a client that lost the first answer could
not learn the new ids.
"""

import base64
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Any

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
"""An answer of 64 kB as `/rest/v1` stores it, in base64 with its headers; the table's own bound is higher."""


class AnsweredBefore(Conflict):
    """Raised by the database when the answer is stored already; no client sees it."""

    code = "answered_before"


class IdempotencyInFlight(Conflict):
    """Raised by the database: a request with the same key is still running."""

    code = "idempotency_in_flight"


class IdempotencyKeyReused(InvalidRequest):
    """Raised by the database: the key belongs to another request."""

    code = "idempotency_key_reused"


class InvalidIdempotencyKey(InvalidRequest):
    code = "invalid_idempotency_key"
    default_message = "Idempotency-Key must be 1 to 255 printable ASCII characters"


class AnswerTooLargeToKeep(PayloadTooLarge):
    """Nothing was changed, and the key is still free."""

    code = "answer_too_large_to_keep"
    default_message = (
        "an answer under an idempotency key may have at most 64 kB, and nothing was changed: request less (on /rest/v1 "
        "Prefer: return=minimal, select=id or fewer rows), or leave the key out if doing it twice does no harm"
    )


class IdempotentRequest(msgspec.Struct, frozen=True):
    """The caller's key for one request of one operation; `payload` is the request in canonical form."""

    operation: str
    key: str
    payload: bytes

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(self.payload).hexdigest()


def canonical(*arguments: "BaseModel") -> bytes:
    """Encode arguments so that one request gives the same bytes, whatever its spaces, order or defaults."""
    return msgspec.json.encode([_with_defaults(model) for model in arguments], order="sorted")


def idempotent_request(operation: str, key: str, payload: bytes) -> IdempotentRequest:
    """Check the key.

    Raises:
        InvalidIdempotencyKey.
    """
    if not _KEY.fullmatch(key):
        raise InvalidIdempotencyKey
    return IdempotentRequest(operation, key, payload)


class KeptAnswer(msgspec.Struct, frozen=True):
    status: int
    response: bytes


def claim(tx: Tx, request: IdempotentRequest) -> None:
    """Claim the key for this transaction, together with the first statement of the work.

    That statement is refused with idempotency_in_flight while another call holds the claim, with idempotency_key_reused
    for another payload, and with a refusal that `kept` reads if the answer is stored.
    """
    _defer(tx, claim_statement(request))


def claim_statement(request: IdempotentRequest) -> Statement:
    return queries.claim_idempotency_key(
        operation=request.operation, key=request.key, request_hash=request.request_hash
    )


def kept(refusal: Refusal, request: IdempotentRequest) -> KeptAnswer | None:
    """Return the stored answer that the refusal carries; None for any other refusal."""
    if not isinstance(refusal, AnsweredBefore):
        return None
    stored = base64.b64decode(refusal.details["response"])
    nonce, sealed = stored[:_NONCE_BYTES], stored[_NONCE_BYTES:]
    return KeptAnswer(refusal.details["status"], _cipher(request).decrypt(nonce, sealed, request.operation.encode()))


def keep(tx: Tx, request: IdempotentRequest, *, status: int, response: bytes) -> None:
    """Store the answer in the commit of its effect.

    Raises:
        AnswerTooLargeToKeep.
    """
    _defer(tx, keep_statement(request, status=status, response=response))


def keep_statement(request: IdempotentRequest, *, status: int, response: bytes) -> Statement:
    """Return the statement that stores the answer.

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
    """Delete, as the service, the answers that are older than a day, and return their number."""
    return await queries.delete_expired_idempotency_keys(tx)


def _with_defaults(arguments: "BaseModel") -> dict[str, Any]:
    """Return the fields; only the given ones if the model says `absence_counts`: null clears, absence keeps."""
    given_alone = getattr(arguments, "absence_counts", False)
    return arguments.model_dump(mode="json", exclude={"idempotency_key"}, exclude_unset=given_alone)


def _defer(tx: Tx, statement: Statement) -> None:
    tx.defer(statement.sql, **statement.params)


def _cipher(request: IdempotentRequest) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (reads never wait for it)

    pepper = settings().pepper.get_secret_value().encode()
    return AESGCM(hmac.digest(pepper, b"idempotent answer " + request.key.encode(), hashlib.sha256))
