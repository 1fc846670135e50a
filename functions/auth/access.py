"""Admission to a route: callers with the project's key, signed-in persons, or the service."""

from shared.auth.credentials import (
    MissingProjectKey,
    UnknownProjectKey,
    caller,
    caller_behind,
    project_caller,
    refuse_browsers,
)
from shared.edge import Call
from shared.edge.documentation import admits
from shared.kernel.errors import Forbidden, InvalidToken, MissingToken
from shared.platform.accounts.sessions import AccountMissing, SessionNotFound, UserBanned
from shared.tenancy.principal import Kind, Principal

from .context import AccountContext


class NoAuthorization(MissingToken):
    code = "no_authorization"
    default_message = "send Authorization: Bearer <access token>"


class BadJwt(Forbidden):
    code = "bad_jwt"
    default_message = "the access token is invalid or has expired: refresh it or sign in again"


class NotAdmin(Forbidden):
    code = "not_admin"
    default_message = "only the service may do that: call from a server, with the secret key"


_KEYED = (MissingProjectKey, UnknownProjectKey)


@admits({"apikey": []}, refusals=_KEYED)
async def project(call: Call) -> AccountContext:
    """Admit callers with a key of the project."""
    project_of(call)
    return AccountContext(call)


@admits(
    {"apikey": [], "person": []},
    refusals=(*_KEYED, NoAuthorization, BadJwt, SessionNotFound, AccountMissing, UserBanned),
)
async def person(call: Call) -> AccountContext:
    """Admit a signed-in person."""
    project_of(call)
    call.principal = person_of(call.request.headers.get("authorization"))
    return AccountContext(call, call.principal)


@admits({"apikey": []}, {"apikey": [], "service": []}, refusals=(*_KEYED, NoAuthorization, BadJwt, NotAdmin))
async def service(call: Call) -> AccountContext:
    """Admit the service, which is never a browser."""
    return service_of(call)


def service_of(call: Call) -> AccountContext:
    """Return the context of the service.

    Raises:
        MissingProjectKey, UnknownProjectKey, NoAuthorization, BadJwt, NotAdmin.
    """
    headers = call.request.headers
    call.principal = refuse_browsers(_service_of(project_of(call), headers.get("authorization")), headers)
    return AccountContext(call, call.principal)


def project_of(call: Call) -> Principal:
    """Return the caller by the project's key.

    Raises:
        MissingProjectKey, UnknownProjectKey.
    """
    headers = call.request.headers
    return refuse_browsers(project_caller(headers.get("apikey") or call.request.query_params.get("apikey")), headers)


def person_of(authorization: str | None) -> Principal:
    """Return the person of an access token; the database checks whether the session is alive.

    Raises:
        NoAuthorization, BadJwt.
        SessionNotFound: for an agent's token, which belongs to a key and to no session.
    """
    try:
        principal = caller(authorization)
    except MissingToken as refused:
        raise NoAuthorization from refused
    except InvalidToken as refused:
        raise BadJwt from refused
    if principal.kind is Kind.AGENT:
        raise SessionNotFound("an agent has no session: its tokens end with its key")
    if principal.kind is not Kind.USER:
        raise BadJwt("this is a key of the project: it names no person (missing sub claim)")
    return principal


def _service_of(project: Principal, authorization: str | None) -> Principal:
    """Return the service, by its secret key.

    Raises:
        NoAuthorization, BadJwt, NotAdmin.
    """
    if not authorization and project.kind is Kind.ANONYMOUS:
        raise NoAuthorization
    try:
        principal = caller_behind(project, authorization)
    except MissingToken as refused:
        raise NoAuthorization from refused
    except InvalidToken as refused:
        raise BadJwt from refused
    if principal.kind is not Kind.SERVICE:
        raise NotAdmin
    return principal
