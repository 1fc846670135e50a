"""PKCE flows: a link gives a code, which opens a session only for the application that has the flow's verifier."""

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from shared.kernel.errors import BadRequest, Forbidden, InvalidRequest, NotFound
from shared.runtime.postgres.transaction import Tx

from . import queries
from .queries import Flow

_CODE_TTL = timedelta(minutes=5)
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


class FlowStateNotFound(NotFound):
    code = "flow_state_not_found"
    default_message = "no sign-in flow has that code: it was exchanged before, or never existed"


class FlowStateExpired(Forbidden):
    code = "flow_state_expired"
    default_message = "the code has expired: start the sign-in again"


class BadCodeVerifier(BadRequest):
    code = "bad_code_verifier"
    default_message = "the code verifier does not match the challenge of the flow"


class Challenge(NamedTuple):
    """`method` is s256 or plain."""

    method: str
    value: str


def challenge(value: str | None, method: str | None) -> Challenge | None:
    """Return the challenge of a client's flow; None for a client that gets its session from the link.

    Raises:
        InvalidRequest: one field without the other, or a form that RFC 7636 does not allow.
    """
    if not value and not method:
        return None
    if not value or not method:
        raise InvalidRequest("a PKCE flow needs code_challenge and code_challenge_method")
    if method.lower() not in ("s256", "plain"):
        raise InvalidRequest("code_challenge_method must be s256 or plain")
    if not _CHALLENGE.fullmatch(value):
        raise InvalidRequest(
            "code_challenge must be 43 to 128 letters, digits, hyphens, periods, underscores and tildes"
        )
    return Challenge(method.lower(), value)


def begin(tx: Tx, *, user_id: UUID, challenge: Challenge | None, method: str) -> UUID | None:
    """Insert a flow; return its id, to be stored with the mailed token, or None without a challenge."""
    if challenge is None:
        return None
    flow_state_id = uuid4()
    queries.insert_flow(
        tx,
        flow_state_id=flow_state_id,
        user_id=user_id,
        challenge_method=challenge.method,
        challenge=challenge.value,
        authentication_method=method,
    )
    return flow_state_id


async def issue_code(tx: Tx, *, flow_state_id: UUID) -> str:
    code = str(uuid4())
    await queries.update_flow_code(tx, flow_state_id=flow_state_id, auth_code=_digest(code))
    return code


async def exchange(tx: Tx, *, code: str, verifier: str) -> Flow:
    """Return the flow of the code, and spend the code in the same transaction.

    Raises:
        FlowStateNotFound, FlowStateExpired.
        BadCodeVerifier: the code stays valid for the application that began the flow.
    """
    flow = await queries.delete_flow(tx, auth_code=_digest(code), ttl=_CODE_TTL)
    if flow is None:
        raise FlowStateNotFound
    if flow.is_expired:
        raise FlowStateExpired
    if not secrets.compare_digest(_challenge_of(verifier, flow.code_challenge_method), flow.code_challenge.encode()):
        raise BadCodeVerifier
    return flow


def _challenge_of(verifier: str, method: str) -> bytes:
    raw = verifier.encode()
    return raw if method == "plain" else urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=")


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
