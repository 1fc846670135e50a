"""Who may ask a route: anybody, whoever has the project's key, a signed-in person, or the service."""

from enum import StrEnum

from shared.auth.credentials import caller, caller_behind
from shared.kernel.errors import Forbidden, InvalidToken, MissingToken
from shared.platform.accounts.sessions import SessionNotFound
from shared.tenancy.principal import Kind, Principal


class Access(StrEnum):
    OPEN = "open"
    KEY = "key"
    PERSON = "person"
    SERVICE = "service"


class NoAuthorization(MissingToken):
    code = "no_authorization"
    default_message = "send Authorization: Bearer <access token>"


class BadJwt(Forbidden):
    code = "bad_jwt"
    default_message = "the access token is invalid or has expired: refresh it or sign in again"


class NotAdmin(Forbidden):
    code = "not_admin"
    default_message = "only the service may do that: call from a server, with the secret key"


def person(authorization: str | None) -> Principal:
    """The person whose access token it is; whether the session is alive, the database says.

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


def service(project: Principal, authorization: str | None) -> Principal:
    """The service, by its secret key.

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
