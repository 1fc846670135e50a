"""Registration of agents, and the exchange of a key for a token."""

import asyncio
import hashlib
import hmac
from uuid import UUID, uuid4

import msgspec

from shared.kernel.errors import InvalidToken, RateLimited
from shared.kernel.limit_keys import mailbox_of, network_of
from shared.runtime.settings import settings
from shared.tenancy.transactions import service_statements, service_tx

from . import keys, passwords, queries, tokens
from .models import ExchangeAttempt, Registration, StoredKey


class InvalidKey(InvalidToken):
    """An unknown, revoked or expired key: the answer does not reveal which keys exist."""

    code = "invalid_api_key"
    default_message = (
        "the API key is unknown, revoked or expired: ask an owner or admin of the organization for a new one"
    )


class TooManyAttempts(RateLimited):
    code = "rate_limit_exceeded"

    def __init__(self, *, retry_after: int, limited_by: str | None) -> None:
        super().__init__(
            f"too many attempts; try again in {retry_after} seconds", retry_after=retry_after, limited_by=limited_by
        )


class Issued(msgspec.Struct, frozen=True):
    access_token: str
    organization_id: UUID
    expires_in: int
    """Seconds."""
    scopes: list[str]


class RegisteredAgent(msgspec.Struct, frozen=True):
    api_key: str
    """Shown once; only its hash is kept."""
    key_prefix: str
    registration: Registration


async def register(
    *, agent_name: str, platform: str, owner_email: str, organization_name: str, ip: str, request_id: str
) -> RegisteredAgent:
    """Create a free organization for the agent with its first key. The attempt is recorded even if it fails.

    Raises:
        TooManyAttempts: after 5 a day for an owner's e-mail address, or 20 an hour for a network address.
    """
    async with service_tx(request_id=request_id) as tx:
        attempt = await queries.insert_registration_attempt(
            tx, email_hash=_keyed_hash(mailbox_of(owner_email)), ip_hash=_keyed_hash(network_of(ip))
        )
    if attempt.retry_after:
        raise TooManyAttempts(retry_after=attempt.retry_after, limited_by=attempt.limited_by)
    key = keys.new_key()
    key_hash = await passwords.hash_secret(key.raw, share=f"address:{network_of(ip)}")
    async with service_tx(request_id=request_id) as tx:
        made = await queries.insert_registration(
            tx,
            agent_name=agent_name,
            platform=platform,
            owner_email=owner_email,
            organization_name=organization_name,
            prefix=key.prefix,
            key_hash=key_hash,
        )
        await queries.update_attempt(
            tx, attempt_id=attempt.id, outcome="registered", organization_id=made.organization_id
        )
    return RegisteredAgent(key.raw, key.prefix, made)


async def exchange(raw: str, *, ip: str, request_id: str, requested: frozenset[str] | None = None) -> Issued:
    """Return a one-hour token for a key, with the scopes of key and plan, limited to `requested` unless it is None.

    Raises:
        InvalidKey: for every key that is not usable.
        TooManyAttempts: after 10 a minute for a network address.
    """
    if not keys.is_key(raw):
        raise InvalidKey(f"an API key is {keys.START} and 48 letters and digits; this is no API key")
    attempt = await _record_attempt(raw, ip=ip, request_id=request_id)
    if attempt.retry_after:
        raise TooManyAttempts(retry_after=attempt.retry_after, limited_by=attempt.limited_by)
    stored = attempt.key
    # All keys that do not exist share one part of the hashing threads.
    share = f"organization:{stored.organization_id}" if stored else "unknown keys"
    hashing = passwords.verify_secret(raw, stored.key_hash if stored else None, share=share)
    matches, _ = await asyncio.gather(hashing, tokens.warm())
    # No transaction is open while bcrypt computes: one statement before it and one after it.
    async with service_statements(request_id=request_id) as tx:
        if stored is None or not matches or not stored.is_usable:
            await queries.update_attempt(tx, attempt_id=attempt.id, outcome="refused", organization_id=None)
            raise InvalidKey
        await queries.update_key_exchanged(tx, key_id=stored.id, attempt_id=attempt.id)
    return _issue(stored, requested)


async def _record_attempt(raw: str, *, ip: str, request_id: str) -> ExchangeAttempt:
    async with service_statements(request_id=request_id) as tx:
        return await queries.insert_exchange_attempt(
            tx, prefix=keys.prefix_of(raw), ip_hash=_keyed_hash(network_of(ip))
        )


def _issue(stored: StoredKey, requested: frozenset[str] | None) -> Issued:
    ttl_s = settings().agent_token_ttl_s
    given = [scope for scope in stored.scopes if scope in stored.plan_scopes]
    scopes = given if requested is None else [scope for scope in given if scope in requested]
    claims = {
        "sub": str(stored.user_id),
        "role": "authenticated",
        "jti": str(uuid4()),
        "organization_id": str(stored.organization_id),
        "org_role": "agent",
        "agent_scopes": scopes,
        "key_id": str(stored.id),
        "organization_timezone": stored.timezone,
        **({"organization_day_timezone": stored.day_timezone} if stored.day_timezone != stored.timezone else {}),
        "app_metadata": {"organization_id": str(stored.organization_id), "org_role": "agent"},
    }
    return Issued(tokens.mint(claims, ttl_s=ttl_s), stored.organization_id, ttl_s, scopes)


def _keyed_hash(text: str) -> str:
    pepper = settings().pepper.get_secret_value().encode()
    return hmac.new(pepper, text.encode(), hashlib.sha256).hexdigest()
