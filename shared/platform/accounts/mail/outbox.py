"""Mails on their way: how often one may be asked for, kept encrypted until they are sent, and the sending."""

import hashlib
import hmac
import os
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.errors import RateLimited
from shared.providers.mail import sending
from shared.providers.mail.messages import Message
from shared.runtime.db import Tx
from shared.runtime.settings import settings
from shared.tenancy.transactions import accounts_tx

from . import queries
from .queries import Waiting

_BATCH = 20
_MOST_ATTEMPTS = 10
"""The last one comes four hours after the first, when what the mail carries has long expired."""
_NONCE_BYTES = 12


class OverEmailSendRateLimit(RateLimited):
    code = "over_email_send_rate_limit"


class Sent(msgspec.Struct, frozen=True):
    sent: int
    failed: int
    """To be tried again, or given up."""


async def reserve(tx: Tx, *, kind: str, address: str) -> None:
    """Take the turn of a mail of that kind to the address, which need have no account: a refusal tells nothing.

    Raises:
        OverEmailSendRateLimit: too soon after the one before, or over what the host sends in an hour.
    """
    chosen = settings()
    digest = hmac.new(_pepper(), f"mail {kind} to {address}".encode(), hashlib.sha256).hexdigest()
    reserved = await queries.reserve_mail(tx, digest=digest, interval=timedelta(seconds=chosen.mail_interval_s))
    if reserved.wait_s is not None:
        raise OverEmailSendRateLimit(
            f"for security purposes, you can only request this after {reserved.wait_s} seconds",
            retry_after=reserved.wait_s,
        )
    if reserved.last_hour >= chosen.mails_per_hour:
        raise OverEmailSendRateLimit("email rate limit exceeded: this host sends no more within the hour")


def post(tx: Tx, *, recipient: str, subject: str, text: str, html: str, language: str) -> None:
    """The mail is sent once the transaction has been committed."""
    message = Message(id=uuid4(), recipient=recipient, subject=subject, text=text, html=html, language=language)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + _cipher(message.id).encrypt(nonce, msgspec.json.encode(message), None)
    queries.insert_mail(tx, mail_id=message.id, sealed=sealed)


async def send_waiting(*, request_id: str) -> Sent:
    """Send what is due, between transactions. A mail that was taken as this process died is sent once more."""
    sent = failed = 0
    while True:
        async with accounts_tx(request_id=request_id) as tx:
            waiting = await queries.claim_mails(tx, limit=_BATCH)
        if not waiting:
            return Sent(sent, failed)
        outcomes = await sending.send([_opened(each) for each in waiting])
        async with accounts_tx(request_id=request_id) as tx:
            for each, outcome in zip(waiting, outcomes, strict=True):
                if outcome.error is None:
                    queries.update_mail_sent(tx, mail_id=each.id)
                else:
                    is_over = each.attempts >= _MOST_ATTEMPTS or not outcome.may_succeed_later
                    queries.update_mail_failed(tx, mail_id=each.id, error=outcome.error, is_over=is_over)
        taken = sum(outcome.error is None for outcome in outcomes)
        sent, failed = sent + taken, failed + len(outcomes) - taken


def _opened(waiting: Waiting) -> Message:
    nonce, sealed = waiting.sealed[:_NONCE_BYTES], waiting.sealed[_NONCE_BYTES:]
    return msgspec.json.decode(_cipher(waiting.id).decrypt(nonce, sealed, None), type=Message)


def _cipher(mail_id: UUID) -> AESGCM:
    return AESGCM(hmac.digest(_pepper(), b"mail " + mail_id.bytes, hashlib.sha256))


def _pepper() -> bytes:
    return settings().pepper.get_secret_value().encode()
