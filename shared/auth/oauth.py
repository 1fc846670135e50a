"""The key exchange as an OAuth 2 token endpoint (RFC 6749 section 4.4, RFC 8707), with the same keys and tokens."""

import base64
import binascii
from urllib.parse import unquote_plus

import msgspec

from shared.kernel.errors import BadRequest, InvalidRequest
from shared.runtime.settings import settings

from . import agents, keys
from .agents import InvalidKey, Issued
from .service import CLOSED_SCOPES


class InvalidClient(InvalidKey):
    """An invalid key, by its name in RFC 6749 section 5.2."""

    code = "invalid_client"


class UnsupportedGrantType(BadRequest):
    code = "unsupported_grant_type"
    default_message = "this token endpoint supports grant_type=client_credentials only"


class InvalidTarget(BadRequest):
    """RFC 8707 section 2."""

    code = "invalid_target"
    default_message = "resource is not a URL of this host"


class InvalidScope(BadRequest):
    code = "invalid_scope"
    default_message = "the key has none of the requested scopes; leave scope out to get all scopes of the key"


_WRONG_CLIENT = "client_id must be the first 15 characters of the key in client_secret"
REFUSALS = (InvalidClient, UnsupportedGrantType, InvalidTarget, InvalidScope)


class Grant(msgspec.Struct, frozen=True):
    raw: str
    is_oauth: bool


def read_grant(
    *,
    api_key: str | None,
    grant_type: str | None,
    client: tuple[str | None, str | None],
    authorization: str | None,
    resource: str | None,
) -> Grant:
    """Return the key, from either form of the request.

    Raises:
        InvalidRequest: without a key in either form.
        UnsupportedGrantType, InvalidTarget, InvalidClient: in the OAuth form.
    """
    if grant_type is None:
        if not api_key:
            raise InvalidRequest("send api_key", errors=[{"pointer": "/api_key", "message": "is missing"}])
        return Grant(api_key, is_oauth=False)
    if grant_type != "client_credentials":
        raise UnsupportedGrantType(error_description=UnsupportedGrantType.default_message)
    if resource is not None and resource.rstrip("/") not in _resources():
        raise InvalidTarget(error_description=InvalidTarget.default_message)
    client_id, secret = client
    basic_id, basic_secret = _basic(authorization)
    secret = secret or basic_secret or api_key
    if not secret:
        raise InvalidClient("send the API key as client_secret, or by HTTP Basic", error_description="no client secret")
    if {client_id, basic_id} - {None, "", keys.prefix_of(secret)}:
        raise InvalidClient(_WRONG_CLIENT, error_description=_WRONG_CLIENT)
    return Grant(secret, is_oauth=True)


async def issue(grant: Grant, *, scope: str | None, ip: str, request_id: str) -> Issued:
    """Return a token with those requested scopes that key and plan have (RFC 6749 section 3.3).

    MCP clients request all scopes that the challenge names, also those that their key does not have.

    Raises:
        InvalidKey: as InvalidClient in the OAuth form.
        InvalidScope: if key and plan have none of the requested scopes.
    """
    requested = _closed(scope) if grant.is_oauth and scope else None
    try:
        issued = await agents.exchange(grant.raw, ip=ip, request_id=request_id, requested=requested)
    except InvalidKey as refused:
        if not grant.is_oauth:
            raise
        raise InvalidClient(refused.message, error_description=refused.message) from refused
    if not issued.scopes:
        raise InvalidScope(error_description=InvalidScope.default_message)
    return issued


def _closed(scope: str) -> frozenset[str]:
    """Return the named scopes and those that they include; an unknown name includes nothing."""
    return frozenset(included for name in scope.split() for included in CLOSED_SCOPES.get(name, ()))


def _resources() -> frozenset[str]:
    base = settings().base_url
    return frozenset({base, f"{base}/functions/v1/mcp-server"})


def _basic(authorization: str | None) -> tuple[str | None, str | None]:
    """Return name and password of HTTP Basic, which RFC 6749 section 2.3.1 form-encodes."""
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None, None
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return None, None
    name, _, password = decoded.partition(":")
    return unquote_plus(name), unquote_plus(password) or None
