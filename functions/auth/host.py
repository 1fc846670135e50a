"""The routes about the host itself."""

from typing import Any

import msgspec
from starlette.responses import Response

from shared.edge import Call
from shared.edge.response import encoded
from shared.kernel import json
from shared.kernel.version import VERSION
from shared.runtime.settings import settings

from .context import AccountContext

_PUBLIC_MEMBERS = frozenset({"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"})
_JWKS_MAX_AGE_S = 600


class Health(msgspec.Struct, frozen=True):
    version: str
    name: str
    description: str


class HostSettings(msgspec.Struct, frozen=True):
    """The ways to sign in that are open."""

    external: dict[str, bool]
    disable_signup: bool
    mailer_autoconfirm: bool
    phone_autoconfirm: bool
    sms_provider: str
    saml_enabled: bool


class KeySet(msgspec.Struct, frozen=True):
    """The public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


async def health(_call: Call) -> Health:
    """Report that the host answers."""
    return Health(version=VERSION, name="nexus-auth", description="Accounts and sessions, for supabase clients")


async def host_settings(_context: AccountContext) -> HostSettings:
    """Show which ways to sign in are open."""
    chosen = settings()
    return HostSettings(
        external={"email": True, "phone": False, "anonymous_users": chosen.anonymous_enabled},
        disable_signup=not chosen.signup_enabled,
        mailer_autoconfirm=chosen.confirms_by_itself,
        phone_autoconfirm=False,
        sms_provider="",
        saml_enabled=False,
    )


async def jwks(_call: Call) -> Response:
    """Return the public keys that verify tokens."""
    published = [_public(key) for key in msgspec.json.decode(settings().jwt_jwks)["keys"] if key["kty"] != "oct"]
    headers = {"Cache-Control": f"public, max-age={_JWKS_MAX_AGE_S}"}
    return encoded(json.encode(KeySet(published)), status=200, headers=headers)


def _public(key: dict[str, Any]) -> dict[str, Any]:
    """Return only the public members, whatever else the setting holds."""
    return {name: value for name, value in key.items() if name in _PUBLIC_MEMBERS} | {"key_ops": ["verify"]}
