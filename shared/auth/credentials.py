"""From the headers of a request to its caller."""

import hmac
from collections.abc import Mapping

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


class SecretKeyInBrowser(InvalidToken):
    """Whoever looks at the page has the key, which opens everything."""

    code = "secret_key_in_browser"
    default_message = (
        "a secret key is for servers alone, and this is a browser: use the publishable key, and rotate this one"
    )


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
    return caller(authorization) if _is_own(authorization) else project


def platform_caller(headers: Mapping[str, str], query: Mapping[str, str], *, key_required: bool) -> Principal:
    """Who calls /rest/v1, /graphql/v1, /realtime/v1 (`key_required`) or /storage/v1, as a gateway before them decides.

    `headers` finds names in any letter case, as Starlette's do. A token of the caller's own in Authorization (a
    person's, an agent's, a legacy anon or service_role token) wins; otherwise the project key says who it is, which
    comes as `apikey`, a header or a query parameter. Where no key is required, an opaque key may also stand in
    Authorization alone, `apikey` may be any token, and whoever brings nothing is anonymous: what that may do is for
    the row policies to say.

    Raises:
        MissingProjectKey, UnknownProjectKey: where a key is required, also of whoever brings a token of their own.
        MissingToken, InvalidToken: for an Authorization that does not verify.
        SecretKeyInBrowser.
    """
    return kept_from_browsers(_platform_caller(headers, query, key_required=key_required), headers)


def _platform_caller(headers: Mapping[str, str], query: Mapping[str, str], *, key_required: bool) -> Principal:
    authorization = headers.get("authorization")
    apikey = headers.get("apikey") or query.get("apikey")
    if key_required:
        return caller_behind(kept_from_browsers(project_caller(apikey), headers), authorization)
    if _is_own(authorization):
        return caller(authorization)
    if apikey:
        return caller(f"Bearer {apikey}")
    return caller(authorization) if authorization else ANONYMOUS


def kept_from_browsers(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """The principal, whose secret key no page may hold.

    Raises:
        SecretKeyInBrowser: the service, and headers that browsers alone send.
    """
    if principal.kind is Kind.SERVICE and _of_browser(headers):
        raise SecretKeyInBrowser
    return principal


def _of_browser(headers: Mapping[str, str]) -> bool:
    return "origin" in headers or "sec-fetch-site" in headers or headers.get("user-agent", "").startswith("Mozilla/")


def _is_own(authorization: str | None) -> bool:
    """Whether it says anything that the apikey does not: the clients repeat an opaque key as their bearer token."""
    return bool(authorization and not authorization.lower().startswith("bearer sb_"))


def _of_project_key(credential: str) -> Principal:
    if _same(credential, settings().secret_key):
        return SERVICE
    if _same(credential, settings().publishable_key):
        return ANONYMOUS
    raise InvalidToken("the project key is unknown")


def _same(given: str, expected: SecretStr | None) -> bool:
    return expected is not None and hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
