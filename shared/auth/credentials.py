"""The caller of a request, from its headers."""

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
    default_message = "the apikey does not belong to this project"


class SecretKeyInBrowser(InvalidToken):
    """Everybody who opens the page has the key, which has all rights."""

    code = "secret_key_in_browser"
    default_message = (
        "a secret key is for servers only, and this is a browser: use the publishable key, and rotate the secret key"
    )


def caller(authorization: str | None) -> Principal:
    """Return the caller that the Authorization header names.

    Raises:
        MissingToken: without the header, or with another scheme than Bearer.
        KeyIsNotAToken: for an agent's API key.
        InvalidToken: for every other credential that is not valid.
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
    """Return ANONYMOUS or SERVICE for a publishable or secret key, or a legacy anon or service_role token.

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
    """Return the caller of a platform surface: the caller's own token counts more than the project key.

    Raises:
        MissingToken, InvalidToken: as `caller`, for an Authorization header without a project key.
    """
    return caller(authorization) if _is_own(authorization) else project


def platform_caller(headers: Mapping[str, str], query: Mapping[str, str], *, key_required: bool) -> Principal:
    """Return the caller of /rest/v1, /graphql/v1, /realtime/v1 (`key_required`) or /storage/v1, as Supabase does.

    `headers` must find names in any letter case, as Starlette's do. The caller's own token in Authorization (a
    person's, an agent's, a legacy anon or service_role token) counts first, then the project key in `apikey`, a
    header or a query parameter. Where no key is required, an opaque key may also be in Authorization only, `apikey`
    may be any token, and a request without both is anonymous: row policies decide what it may do.

    Raises:
        MissingProjectKey, UnknownProjectKey: where a key is required, also for callers with a token of their own.
        MissingToken, InvalidToken: for an Authorization header that is not valid.
        SecretKeyInBrowser.
    """
    return refuse_browsers(_platform_caller(headers, query, key_required=key_required), headers)


def _platform_caller(headers: Mapping[str, str], query: Mapping[str, str], *, key_required: bool) -> Principal:
    authorization = headers.get("authorization")
    apikey = headers.get("apikey") or query.get("apikey")
    if key_required:
        return caller_behind(refuse_browsers(project_caller(apikey), headers), authorization)
    if _is_own(authorization):
        return caller(authorization)
    if apikey:
        return caller(f"Bearer {apikey}")
    return caller(authorization) if authorization else ANONYMOUS


def refuse_browsers(principal: Principal, headers: Mapping[str, str]) -> Principal:
    """Return the principal, unless it is the service in a browser.

    Raises:
        SecretKeyInBrowser: for the service, with headers that only browsers send.
    """
    if principal.kind is Kind.SERVICE and _of_browser(headers):
        raise SecretKeyInBrowser
    return principal


def _of_browser(headers: Mapping[str, str]) -> bool:
    return "origin" in headers or "sec-fetch-site" in headers or headers.get("user-agent", "").startswith("Mozilla/")


def _is_own(authorization: str | None) -> bool:
    """Return whether it has a token of its own: clients repeat an opaque project key as their bearer token."""
    return bool(authorization and not authorization.lower().startswith("bearer sb_"))


def _of_project_key(credential: str) -> Principal:
    if _same(credential, settings().secret_key):
        return SERVICE
    if _same(credential, settings().publishable_key):
        return ANONYMOUS
    raise InvalidToken("the project key is unknown")


def _same(given: str, expected: SecretStr | None) -> bool:
    return expected is not None and hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
