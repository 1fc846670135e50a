"""Every setting of a running function, read once from NEXUS_* environment variables."""

import os
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from pydantic import SecretStr

_PREFIX = "NEXUS_"
Urls = frozenset[str]
"""In the environment a JSON list."""
Positive = Annotated[int, Meta(gt=0)]
NotNegative = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class SettingsError(ValueError):
    """The environment is wrong; the message names variables and shows no values."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=lambda name: _PREFIX + name.upper()):
    """The settings. Secrets have no default; `infra.local` provides them on a new machine.

    This is a struct, because a model of pydantic would take a tenth of a cold start.
    """

    database_url: SecretStr
    """A libpq URL whose login role may become anon, authenticated, service_role and supabase_auth_admin."""
    database_pool_size: Positive = 8
    database_prepares: bool = True
    """False behind a transaction pooler that does not carry prepared statements."""
    database_timeout_s: Seconds = 10
    store_url: SecretStr
    """valkey://, redis:// or unix:// URL of the shared store that holds rate limits; async+… for one of `limits`."""
    store_timeout_s: Seconds = 0.05
    processes: Positive = 1
    """How many processes share a rate limit; each takes its part of it while the store is away."""

    base_url: str = "http://127.0.0.1:54321"
    docs_url: str = "https://docs.nexus.example"
    pricing_url: str = "https://nexus.example/pricing"
    allowed_origins: Urls = frozenset()
    """Browser origins that may call with credentials; empty answers CORS for every origin, without credentials."""
    trusted_proxies: NotNegative = 0
    """How many proxies in front append to X-Forwarded-For; 0 believes the socket alone."""
    max_body_bytes: Positive = 1_048_576
    body_timeout_s: Seconds = 30
    """In which a body has come whole; a file has a second more for every 16 kB of it that came."""
    rest_statement_s: Seconds = 2
    """How long one statement of /rest/v1 may take in the database; with the secret key, `rest_service_statement_s`."""
    rest_service_statement_s: Seconds = 8

    jwt_private_jwk: SecretStr | None = None
    """The ES256 key that signs, as a JWK with a kid; a host that only verifies has none."""
    jwt_jwks: str = '{"keys":[]}'
    """Public keys that verify, as a JWKS; the signing key belongs to them."""
    jwt_secret: SecretStr | None = None
    """Legacy HS256 project secret; while set, HS256 tokens are accepted."""
    jwt_algorithm: Literal["ES256", "HS256"] = "ES256"
    """What new tokens are signed with."""
    publishable_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    pepper: SecretStr
    """Keys the hashes of client addresses and e-mails that attempts are counted by."""
    agent_token_ttl_s: Annotated[int, Meta(gt=0, le=3600)] = 3600
    user_token_ttl_s: Positive = 3600
    bcrypt_cost: Annotated[int, Meta(ge=4, le=12)] = 10
    signup_enabled: bool = True
    email_autoconfirm: bool = True
    """False, and always where a mail server is set: who signs up opens the link in a mail first, or waits for an
    administrator where no mail goes out."""
    anonymous_enabled: bool = False
    """Whether people may sign in without saying who they are."""
    email_change_confirmed_twice: bool = True
    """A new address is confirmed from the old one too."""
    password_needs_nonce: bool = False
    """A new password asks for the code that `reauthenticate` mails, unless the session began within a day."""
    access_token_hook: Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")] | None = None
    """A function of the database, schema.function, that changes the claims of people's access tokens."""
    site_url: str | None = None
    """Where links in mails lead to at the end; the base URL when it is not set."""
    redirect_urls: Urls = frozenset()
    """Other places that links may lead to: URLs, in which * stands for anything but . and /, and ** for anything."""

    mail_url: SecretStr | None = None
    """smtps://user:password@host:465, smtp://…:587 (STARTTLS), smtp+plain://host:25, or file:///directory; none: no
    mail goes out, and what needs one is refused."""
    mail_from: str = "Nexus <no-reply@nexus.example>"
    mail_timeout_s: Seconds = 10
    mails_per_hour: Positive = 30
    """That one network of client addresses may ask for."""
    mails_to_address_per_hour: Positive = 10
    """That one mailbox gets, of whatever kind."""
    mail_interval_s: NotNegative = 60
    """Between two mails of one kind to one address."""
    mailed_code_ttl_s: Annotated[int, Meta(gt=0, le=86_400)] = 3600
    mailed_code_length: Annotated[int, Meta(ge=6, le=10)] = 6

    sealing_keys: SecretStr | None = None
    """Keys that secrets at rest are sealed under: base64 of 32 random bytes each, separated by commas, newest first."""
    kms_key_id: str | None = None
    """Keys of AWS KMS that seal instead of them, likewise; region and credentials come from the AWS chain."""
    blob_url: str | None = None
    """Where media are kept: file:///directory or s3://bucket/prefix."""
    blob_endpoint_url: str | None = None
    """Of an S3-compatible store that is not AWS."""
    signing_key: SecretStr | None = None
    """Signs the short-lived links to media that this installation serves itself."""
    media_link_ttl_s: Annotated[int, Meta(gt=0, le=3600)] = 300
    storage_max_file_bytes: Positive = 52_428_800
    """The largest file that /storage/v1 takes; a bucket may take less."""
    storage_upload_link_ttl_s: Positive = 7200
    """How long a signed address for an upload may be used."""

    graph_url: str = "https://graph.facebook.com"
    """Meta's Graph API, or a simulator of it."""
    instagram_graph_url: str = "https://graph.instagram.com"
    """That of Instagram accounts connected through Instagram Login."""
    graph_version: Annotated[str, Meta(pattern=r"^v[0-9]+\.[0-9]+$")] = "v26.0"
    graph_timeout_s: Seconds = 20
    """How long an answer of Meta is waited for; after that the outcome is unknown."""
    whatsapp_messages_per_s: Positive = 80
    """What Meta takes from a number, unless it has said otherwise of that one."""
    messenger_messages_per_s: Positive = 100
    """Of a page or an Instagram account."""
    whatsapp_pair_interval_s: Seconds = 6
    """Between two messages of a number to the same person, in the long run."""
    whatsapp_pair_burst: Positive = 44
    """How many may go to them at once before; Meta counts 45, of which one is left for what overtakes on its way."""
    meta_app_id: str | None = None
    meta_app_secrets: SecretStr | None = None
    """Separated by commas: any of them may sign a webhook, the first exchanges codes."""
    meta_verify_token: SecretStr | None = None
    """What Meta proves itself with when a webhook address is set up."""

    log_level: str = "info"

    @property
    def confirms_by_itself(self) -> bool:
        """Whether an address counts as confirmed without a proof: never where one can be had by mail.

        A directory that mails are written to is a machine of one's own.
        """
        url = self.mail_url.get_secret_value() if self.mail_url else "file:"
        return self.email_autoconfirm and url.startswith("file:")


def from_environment() -> Settings:
    """Return the settings of the present environment.

    Raises:
        SettingsError: variables are missing, which it names, or one is wrong.
    """
    fields = msgspec.structs.fields(Settings)
    missing = [field.encode_name for field in fields if field.required and field.encode_name not in os.environ]
    if missing:
        raise SettingsError(f"set {', '.join(missing)}")
    given = {field.encode_name: _read(field) for field in fields if field.encode_name in os.environ}
    try:
        return msgspec.convert(given, Settings, strict=False, dec_hook=_secret)
    except msgspec.ValidationError as fault:
        raise SettingsError(str(fault).replace("$.", "")) from None


def _read(field: msgspec.structs.FieldInfo) -> Any:
    given = os.environ[field.encode_name]
    if field.type != Urls:
        return given
    try:
        return msgspec.json.decode(given)
    except msgspec.DecodeError:
        raise SettingsError(f"{field.encode_name} is a JSON list") from None


def _secret(kind: type, given: Any) -> SecretStr:
    if kind is not SecretStr:
        raise NotImplementedError
    return SecretStr(given)


@cache
def settings() -> Settings:
    return from_environment()
