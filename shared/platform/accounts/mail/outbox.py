"""Queued mails: the limits of their number, and their encryption until they are sent."""

import hashlib
import hmac
import os
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from shared.kernel.errors import RateLimited
from shared.kernel.limit_keys import mailbox_of, network_of
from shared.providers.mail.messages import Message
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class OverEmailSendRateLimit(RateLimited):
    code = "over_email_send_rate_limit"


async def reserve(tx: Tx, *, kind: str, address: str, requester: str | None, recipient: str | None = None) -> None:
    """Count a mail of that kind to the address; addresses without an account count too, so that no refusal shows one.

    `requester` is the client's network address; None is the service, which has no limit by the hour as requester.
    `recipient` is the address that gets the mail, if it is another one.

    Raises:
        OverEmailSendRateLimit: too soon after the last mail, or above the hourly limit of the mailbox or of the
            requester's network.
    """
    config = settings()
    reserved = await queries.reserve_mail(
        tx,
        digest=_digest(f"mail {kind} to {address}"),
        interval=timedelta(seconds=config.mail_interval_s),
        counters=queries.HourlyCounters(
            recipient=_digest(f"mails to {mailbox_of(recipient or address)}"),
            requester=_digest(f"mails for {network_of(requester)}") if requester else None,
            most_to_recipient=config.mails_to_address_per_hour,
            most_for_requester=config.mails_per_hour,
        ),
    )
    if reserved.wait_s is not None:
        raise OverEmailSendRateLimit(
            f"for security purposes, you can only request this after {reserved.wait_s} seconds",
            retry_after=reserved.wait_s,
        )
    if reserved.to_recipient > config.mails_to_address_per_hour or reserved.for_requester > config.mails_per_hour:
        raise OverEmailSendRateLimit(
            f"email rate limit exceeded: ask again in {reserved.hour_ends_s} seconds", retry_after=reserved.hour_ends_s
        )


def post(tx: Tx, *, recipient: str, subject: str, text: str, html: str, language: str) -> None:
    """Queue the mail, which is sent after the commit."""
    message = Message(id=uuid4(), recipient=recipient, subject=subject, text=text, html=html, language=language)
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + _cipher(message.id).encrypt(nonce, msgspec.json.encode(message), None)
    queries.insert_mail(tx, mail_id=message.id, sealed=sealed)


def unseal(mail_id: UUID, sealed: bytes) -> Message:
    nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return msgspec.json.decode(_cipher(mail_id).decrypt(nonce, text, None), type=Message)


def _cipher(mail_id: UUID) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  (signing in does not need it)

    return AESGCM(hmac.digest(_pepper(), b"mail " + mail_id.bytes, hashlib.sha256))


def _digest(text: str) -> str:
    return hmac.new(_pepper(), text.encode(), hashlib.sha256).hexdigest()


def _pepper() -> bytes:
    return settings().pepper.get_secret_value().encode()
