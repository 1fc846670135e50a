"""Parts of Supabase Auth that this host does not have, each refused by the code that clients know for it."""

from shared.kernel.errors import BadRequest, NotFound, Refusal


class PhoneProviderDisabled(BadRequest):
    code = "phone_provider_disabled"
    default_message = "accounts have an e-mail address here: signing in by phone is switched off"


class ProviderDisabled(BadRequest):
    code = "provider_disabled"
    default_message = "signing in with another provider is switched off"


class Web3ProviderDisabled(Refusal):
    status = 422
    code = "web3_provider_disabled"
    default_message = "signing in with a wallet is switched off"


class SamlProviderDisabled(NotFound):
    code = "saml_provider_disabled"
    default_message = "single sign-on is switched off"


class ManualLinkingDisabled(NotFound):
    code = "manual_linking_disabled"
    default_message = "linking identities is switched off"


class MfaEnrollDisabled(Refusal):
    status = 422
    code = "mfa_totp_enroll_not_enabled"
    default_message = "second factors are switched off"


class PasskeyDisabled(NotFound):
    code = "passkey_disabled"
    default_message = "passkeys are switched off"


class FeatureDisabled(NotFound):
    code = "feature_disabled"
    default_message = "this host has no OAuth, custom-provider or SCIM server for people; agents use agent-auth"


UNSUPPORTED: dict[str, type[Refusal]] = {
    "/authorize": ProviderDisabled,
    "/callback": ProviderDisabled,
    "/sso": SamlProviderDisabled,
    "/admin/sso": SamlProviderDisabled,
    "/user/identities": ManualLinkingDisabled,
    "/factors": MfaEnrollDisabled,
    "/passkeys": PasskeyDisabled,
    "/user/oauth": FeatureDisabled,
    "/oauth": FeatureDisabled,
    "/admin/oauth": FeatureDisabled,
    "/admin/custom-providers": FeatureDisabled,
    "/scim": FeatureDisabled,
    "/.well-known/oauth-authorization-server": FeatureDisabled,
    "/.well-known/openid-configuration": FeatureDisabled,
}
"""Paths, and those below them."""

GRANTS: dict[str, type[Refusal]] = {
    "id_token": ProviderDisabled,
    "web3": Web3ProviderDisabled,
}
"""Grant types of `token`."""

OPEN = ("/callback", "/authorize", "/sso/saml/", "/.well-known/")
"""Where browsers arrive that have no key: refused, but not for want of one."""


def refusal_of(path: str) -> type[Refusal] | None:
    return next((found for base, found in UNSUPPORTED.items() if f"{path}/".startswith(f"{base}/")), None)
