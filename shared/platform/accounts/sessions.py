"""Sessions: opened by signing in, extended by refresh tokens that work once, ended by logging out."""

import ipaddress
import time
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from shared.auth import tokens
from shared.kernel.errors import BadRequest, Forbidden, Refusal
from shared.kernel.limit_keys import network_of
from shared.runtime.postgres.transaction import Tx
from shared.runtime.settings import settings
from shared.tenancy.principal import Principal
from shared.tenancy.transactions import accounts_tx

from . import queries, refresh_tokens
from .models import Account, Session, StoredRefreshToken, User, Visitor
from .proofs import flows

REUSE_INTERVAL = timedelta(seconds=10)
"""How long a spent refresh token still returns the active one, because two tabs of a browser may refresh at once."""
_LONGEST_USER_AGENT = 500
_NEEDED_CLAIMS = frozenset({"aud", "exp", "iat", "sub", "email", "phone", "role", "aal", "session_id", "is_anonymous"})


class LogoutScope(StrEnum):
    """The sessions that end: all, this one, or all others."""

    GLOBAL = "global"
    LOCAL = "local"
    OTHERS = "others"


class SessionNotFound(Forbidden):
    code = "session_not_found"
    default_message = "the session of this token has ended: sign in again"


class AccountMissing(Forbidden):
    """The account of the token was deleted."""

    code = "user_not_found"
    default_message = "the account of this token no longer exists"


class UserBanned(Forbidden):
    code = "user_banned"
    default_message = "the account is banned"


class UserBannedAtEntry(UserBanned):
    """The refusal of a banned user at sign-in and refresh."""

    status = 400


class SessionExpired(BadRequest):
    code = "session_expired"
    default_message = "the session has expired: sign in again"


class RefreshTokenNotFound(BadRequest):
    code = "refresh_token_not_found"
    default_message = "the refresh token is unknown, or its session has ended: sign in again"


class RefreshTokenAlreadyUsed(BadRequest):
    code = "refresh_token_already_used"
    default_message = "the refresh token was used before; its session was closed for safety: sign in again"


class HookRefused(Refusal):
    """The access token hook's own error, under the status that it names."""

    code = "unexpected_failure"
    default_message = "the access token hook of this host refused, or removed claims that a token needs"


async def open_session(tx: Tx, visitor: Visitor, *, user_id: UUID, method: str) -> Session:
    session_id, raw = uuid4(), refresh_tokens.new()
    amr = [{"method": method, "timestamp": int(time.time())}]
    queries.insert_session(
        tx,
        session_id=session_id,
        user_id=user_id,
        amr=amr,
        token=refresh_tokens.digest(raw),
        user_agent=_user_agent(visitor),
        address=_inet(visitor),
    )
    queries.upsert_familiar_network(tx, user_id=user_id, network=network_of(visitor.address))
    account = await queries.find_account(tx, user_id=user_id)
    if account is None:
        raise AccountMissing
    return await _session(tx, account.user, session_id=session_id, amr=amr, refresh_token=raw, method=method)


async def exchange_code(visitor: Visitor, *, code: str, verifier: str) -> Session:
    """Open a session by a flow's code, for the application that began the flow.

    Raises:
        FlowStateNotFound, FlowStateExpired, BadCodeVerifier, UserBannedAtEntry.
    """
    async with accounts_tx(request_id=visitor.request_id) as tx:
        flow = await flows.exchange(tx, code=code, verifier=verifier)
        if flow.is_banned:
            raise UserBannedAtEntry
        record(tx, visitor, action="login", user_id=flow.user_id)
        return await open_session(tx, visitor, user_id=flow.user_id, method=flow.authentication_method)


async def refresh(visitor: Visitor, *, refresh_token: str) -> Session:
    """Return a new access token and the next refresh token.

    Raises:
        RefreshTokenNotFound, SessionExpired, UserBannedAtEntry.
        RefreshTokenAlreadyUsed: the token was spent, and may be stolen; its session ends.
    """
    async with accounts_tx(request_id=visitor.request_id) as tx:
        session = await _refresh(tx, visitor, refresh_token)
    # Raised only after the commit, which ends the session.
    if session is None:
        raise RefreshTokenAlreadyUsed
    return session


async def signed_in(tx: Tx, principal: Principal) -> Account:
    """Return the account of a verified token, whose session must not have ended.

    Raises:
        SessionNotFound, AccountMissing, UserBanned.
    """
    if principal.subject is None or principal.session_id is None:
        raise SessionNotFound("this token belongs to no session: sign in as a person")
    account = await queries.find_account(tx, user_id=principal.subject, session_id=principal.session_id)
    if account is None or account.user.deleted_at is not None:
        raise AccountMissing
    if account.is_banned:
        raise UserBanned
    if not account.has_session:
        raise SessionNotFound
    return account


async def log_out(visitor: Visitor, principal: Principal, *, scope: LogoutScope) -> None:
    """End the sessions of the scope.

    Raises:
        SessionNotFound, AccountMissing, UserBanned.
    """
    async with accounts_tx(request_id=visitor.request_id) as tx:
        account = await signed_in(tx, principal)
        await queries.delete_sessions(
            tx,
            user_id=account.user.id,
            only=principal.session_id if scope is LogoutScope.LOCAL else None,
            but=principal.session_id if scope is LogoutScope.OTHERS else None,
        )
        record(tx, visitor, action="logout", user_id=account.user.id)


def record(tx: Tx, visitor: Visitor, *, action: str, user_id: UUID) -> None:
    """Record the action in the audit log of accounts, in the same transaction."""
    queries.insert_audit_entry(
        tx, action=action, user_id=user_id, address=visitor.address, request_id=visitor.request_id
    )


async def _refresh(tx: Tx, visitor: Visitor, raw: str) -> Session | None:
    """Return the refreshed session; after a reuse that is not allowed, end the session and return None."""
    spent = refresh_tokens.digest(raw)
    if await queries.lock_session_of_token(tx, token=spent) is None:
        raise RefreshTokenNotFound
    stored = await queries.find_refresh_token(tx, token=spent, reuse_interval=REUSE_INTERVAL)
    if stored is None:
        raise RefreshTokenNotFound
    if stored.is_banned:
        raise UserBannedAtEntry
    if stored.is_session_over:
        raise SessionExpired
    active = _active_token(raw, stored) if stored.revoked else _rotate(tx, visitor, raw, stored)
    if active is None:
        await queries.delete_sessions(tx, user_id=stored.user_id, only=stored.session_id)
        record(tx, visitor, action="token_reused", user_id=stored.user_id)
        return None
    account = await queries.find_account(tx, user_id=stored.user_id)
    if account is None:
        raise RefreshTokenNotFound
    return await _session(
        tx,
        account.user,
        session_id=stored.session_id,
        amr=stored.amr,
        refresh_token=active,
        method="token_refresh",
    )


def _active_token(raw: str, stored: StoredRefreshToken) -> str | None:
    """Return the active token for a spent one, if that is its parent or was spent within the reuse interval."""
    if stored.active is None or not (stored.is_parent_of_active or stored.is_recent):
        return None
    return refresh_tokens.successor_by_digest(raw, stored=stored.active)


def _rotate(tx: Tx, visitor: Visitor, raw: str, stored: StoredRefreshToken) -> str:
    following = refresh_tokens.successor(raw)
    queries.rotate_refresh_token(
        tx,
        spent=refresh_tokens.digest(raw),
        token=refresh_tokens.digest(following),
        session_id=stored.session_id,
        user_agent=_user_agent(visitor),
        address=_inet(visitor),
    )
    return following


async def _session(
    tx: Tx, user: User, *, session_id: UUID, amr: list[dict[str, Any]], refresh_token: str, method: str
) -> Session:
    issued_at, ttl_s = int(time.time()), settings().user_token_ttl_s
    claims = {
        "iss": tokens.issuer(),
        "sub": str(user.id),
        "aud": tokens.AUDIENCE,
        "iat": issued_at,
        "exp": issued_at + ttl_s,
        "email": user.email,
        "phone": user.phone,
        "app_metadata": user.app_metadata,
        "user_metadata": user.user_metadata,
        "role": user.role,
        "aal": "aal1",
        "amr": amr,
        "session_id": str(session_id),
        "is_anonymous": user.is_anonymous,
    }
    return Session(
        access_token=tokens.mint(await _claims(tx, user.id, claims, method), ttl_s=ttl_s),
        token_type="bearer",  # noqa: S106  (the scheme's name)
        expires_in=ttl_s,
        expires_at=issued_at + ttl_s,
        refresh_token=refresh_token,
        user=user,
    )


async def _claims(tx: Tx, user_id: UUID, claims: dict[str, Any], method: str) -> dict[str, Any]:
    """Return the claims as the hooks change them.

    Raises:
        HookRefused: a hook refused, or removed a claim that a token needs.
    """
    hook = settings().access_token_hook
    answer = await queries.find_claims(tx, user_id=user_id, claims=claims, method=method, hook=hook)
    if answer.error is not None:
        raise HookRefused.with_status(int(answer.error.get("http_code", 500)), str(answer.error.get("message")))
    if answer.claims is None or not answer.claims.keys() >= _NEEDED_CLAIMS:
        raise HookRefused
    return answer.claims


def _user_agent(visitor: Visitor) -> str | None:
    return visitor.user_agent[:_LONGEST_USER_AGENT] if visitor.user_agent else None


def _inet(visitor: Visitor) -> str | None:
    try:
        return str(ipaddress.ip_address(visitor.address))
    except ValueError:
        return None
