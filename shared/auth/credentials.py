"""From the headers of a request to its caller."""

import hmac

from pydantic import SecretStr

from shared.kernel.errors import InvalidToken, MissingToken
from shared.runtime.settings import settings
from shared.tenancy.principal import ANONYMOUS, SERVICE, Principal

from . import keys, tokens


class KeyIsNotAToken(InvalidToken):
    code = "key_is_not_a_token"
    default_message = "exchange the API key for a token first: POST it to /functions/v1/agent-auth as api_key"


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


def _of_project_key(credential: str) -> Principal:
    if _same(credential, settings().secret_key):
        return SERVICE
    if _same(credential, settings().publishable_key):
        return ANONYMOUS
    raise InvalidToken("the project key is unknown")


def _same(given: str, expected: SecretStr | None) -> bool:
    return expected is not None and hmac.compare_digest(given.encode(), expected.get_secret_value().encode())
