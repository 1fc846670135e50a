"""One-time tokens: a code to type, and the link's token, which is derived from it by a key that only this host has.

The database keeps a digest of the link's token, from which nobody can find either without the host's pepper.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings

from . import queries
from .queries import Mail, Spent

FLOW_PREFIX = "pkce_"
"""Marks the token of a link that gives a code and not a session; the prefix is part of the token."""


class Slot(StrEnum):
    """The slots of tokens; a person has at most one token in each."""

    CONFIRMATION = "confirmation_token"
    RECOVERY = "recovery_token"
    EMAIL_CHANGE_NEW = "email_change_token_new"
    EMAIL_CHANGE_CURRENT = "email_change_token_current"
    REAUTHENTICATION = "reauthentication_token"


class Code(NamedTuple):
    otp: str
    """The code to type, together with the address."""
    token: str
    """The token in the link, which needs no address."""


def new(
    tx: Tx,
    *,
    user_id: UUID,
    address: str,
    slot: Slot,
    sent_for: str,
    flow_state_id: UUID | None = None,
    user_metadata: dict[str, Any] | None = None,
) -> Code:
    """Create a token in place of the earlier one for the same purpose, with the transaction's next statement."""
    length = settings().mailed_code_length
    otp = f"{secrets.randbelow(10**length):0{length}}"
    token = (FLOW_PREFIX if flow_state_id else "") + token_of(address, otp)
    queries.upsert_token(
        tx,
        user_id=user_id,
        token_type=slot,
        token_hash=_digest(token),
        mail=Mail(sent_for, address, user_metadata),
        flow_state_id=flow_state_id,
    )
    return Code(otp, token)


async def spend(tx: Tx, token: str, *, slots: Collection[Slot], user_id: UUID | None = None) -> Spent | None:
    """Spend the token of a link; return None for one that is unknown, expired, spent or of another slot."""
    return await _spend(tx, [token], slots, user_id)


async def spend_code(
    tx: Tx, *, address: str, otp: str, slots: Collection[Slot], user_id: UUID | None = None
) -> Spent | None:
    """Spend the token by its typed code, whether or not its link belongs to a flow."""
    token = token_of(address, otp)
    return await _spend(tx, [token, FLOW_PREFIX + token], slots, user_id)


async def _spend(tx: Tx, tokens: list[str], slots: Collection[Slot], user_id: UUID | None) -> Spent | None:
    return await queries.spend_token(
        tx,
        token_hashes=[_digest(token) for token in tokens],
        token_types=[slot.value for slot in slots],
        ttl=timedelta(seconds=settings().mailed_code_ttl_s),
        user_id=user_id,
    )


def token_of(address: str, otp: str) -> str:
    key = settings().pepper.get_secret_value().encode()
    return hmac.new(key, f"one-time token {otp} of {address}".encode(), hashlib.sha224).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
