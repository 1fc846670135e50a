"""From the headers of a request to its caller."""

import hmac

from pydantic import SecretStr

from shared.kernel.errors import InvalidToken, MissingToken
from shared.runtime.settings import settings
from shared.tenancy.principal import ANONYMOUS, SERVICE, Kind, Principal

from . import keys, tokens


class KeyIsNotAToken(InvalidToken):
    code = "key_is_not_a_token"
    default_message = "exchange the API key for a token first: POST it to /functions/v1/agent-auth as api_key"


class MissingProjectKey(MissingToken):
    code = "missing_project_key"
    default_message = "send the project's publishable key, or on a server its secret key, as the apikey header"


class UnknownProjectKey(InvalidToken):
    code = "unknown_project_key"
    default_message = "the apikey is not a key of this project"


def caller(authorization: str | None) -> Principal:
    """Who the Authorization header says is calling.

    Raises:
        MissingToken: without the header, or in another scheme than Bearer.
        KeyIsNotAToken: for an agent's API key.
        InvalidToken: for anything else that does not verify.
    """
    scheme, _, credential = (authorization or "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise MissingToken
    if credential.startswith(keys.START):
        raise KeyIsNotAToken
    if credential.startswith("sb_"):
        return _of_project_key(credential)
    return tokens.verify(credential)


def project_caller(apikey: str | None) -> Principal:
    """Anonymous or the service, by a publishable or secret key or a legacy anon or service_role token.

    Raises:
        MissingProjectKey, UnknownProjectKey.
    """
    if not apikey:
        raise MissingProjectKey
    try:
        principal = _of_project_key(apikey) if apikey.startswith("sb_") else tokens.verify(apikey)
    except InvalidToken as refused:
        raise UnknownProjectKey from refused
    if principal.kind not in (Kind.ANONYMOUS, Kind.SERVICE):
        raise UnknownProjectKey
    return principal


def caller_behind(project: Principal, authorization: str | None) -> Principal:
    """Who calls a platform surface: a token of the caller's own wins over the project key.

    Raises:
        MissingToken, InvalidToken: as `caller`, for an Authorization that is there and no project key.
    """
    # The clients repeat an opaque project key as their bearer token; it says nothing that the apikey does not.
    if not authorization or authorization.lower().startswith("bearer sb_"):
        return project
    return caller(authorization)


def _of_project_key(credential: str) -> Principal:
    if _same(credential, settings().secret_key):
        return SERVICE
    if _same(credential, settings().publishable_key):
        return ANONYMOUS
    raise InvalidToken("the project key is unknown")


def _same(given: str, expected: SecretStr | None) -> bool:
    return expected is not None and hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
