"""The settings of a running function, read once from NEXUS_* environment variables."""

import os
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from pydantic import SecretStr

_PREFIX = "NEXUS_"
Urls = frozenset[str]
"""A list of URLs, in the environment as JSON."""
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
    """False behind a transaction pooler that does not support prepared statements."""
    database_timeout_s: Seconds = 10
    store_url: SecretStr
    """valkey://, redis:// or unix:// URL of the shared store that holds rate limits; async+… for one of `limits`."""
    store_timeout_s: Seconds = 0.05
    processes: Positive = 1
    """How many processes share a rate limit; without the store, every process counts up to its part of it."""

    base_url: str = "http://127.0.0.1:54321"
    docs_url: str = "https://docs.nexus.example"
    pricing_url: str = "https://nexus.example/pricing"
    allowed_origins: Urls = frozenset()
    """Browser origins that may send credentials; if empty, every origin may call, without credentials."""
    trusted_proxies: NotNegative = 0
    """How many proxies in front append to X-Forwarded-For; with 0 only the socket's address counts."""
    max_body_bytes: Positive = 1_048_576
    body_timeout_s: Seconds = 30
    """The time limit for a body; a file has one more second for every 16 kB that have arrived."""
    rest_statement_s: Seconds = 2
    """The time limit for one statement of /rest/v1; with the secret key it is `rest_service_statement_s`."""
    rest_service_statement_s: Seconds = 8

    jwt_private_jwk: SecretStr | None = None
    """The ES256 key that signs, as a JWK with a kid; a host that only verifies needs none."""
    jwt_jwks: str = '{"keys":[]}'
    """The public keys that verify, as a JWKS, with that of the signing key."""
    jwt_secret: SecretStr | None = None
    """The legacy HS256 secret of the project; while it is set, HS256 tokens are accepted."""
    jwt_algorithm: Literal["ES256", "HS256"] = "ES256"
    """The algorithm that signs new tokens."""
    publishable_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    pepper: SecretStr
    """The key for hashes of client addresses and e-mail addresses, by which attempts are counted."""
    agent_token_ttl_s: Annotated[int, Meta(gt=0, le=3600)] = 3600
    user_token_ttl_s: Positive = 3600
    bcrypt_cost: Annotated[int, Meta(ge=4, le=12)] = 10
    signup_enabled: bool = True
    email_autoconfirm: bool = True
    """If false, and always with a mail server, a new account must be confirmed first: by the link in a mail, or by an
    administrator if no mail is sent."""
    anonymous_enabled: bool = False
    """Whether people may sign in anonymously."""
    email_change_confirmed_twice: bool = True
    """Whether a new address must be confirmed from the old address too."""
    password_needs_nonce: bool = False
    """Whether a new password needs the code that `reauthenticate` mails; a session of the last day needs none."""
    access_token_hook: Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")] | None = None
    """A database function, as schema.function, that changes the claims of people's access tokens."""
    site_url: str | None = None
    """The target of links in mails; the base URL if it is not set."""
    redirect_urls: Urls = frozenset()
    """Other allowed targets of links: URLs, in which * stands for any text without . and /, and ** for any text."""

    mail_url: SecretStr | None = None
    """smtps://user:password@host:465, smtp://…:587 (STARTTLS), smtp+plain://host:25, or file:///directory. Without it
    no mail is sent, and requests that need one are refused."""
    mail_from: str = "Nexus <no-reply@nexus.example>"
    mail_timeout_s: Seconds = 10
    mails_per_hour: Positive = 30
    """The limit for the requests of one network of client addresses."""
    mails_to_address_per_hour: Positive = 10
    """The limit for one mailbox, over all kinds of mail."""
    mail_interval_s: NotNegative = 60
    """The least time between two mails of one kind to one address."""
    mailed_code_ttl_s: Annotated[int, Meta(gt=0, le=86_400)] = 3600
    mailed_code_length: Annotated[int, Meta(ge=6, le=10)] = 6

    sealing_keys: SecretStr | None = None
    """The keys that seal secrets at rest: base64 of 32 random bytes, separated by commas, the newest first."""
    kms_key_id: str | None = None
    """Keys of AWS KMS that seal instead, the newest first; region and credentials come from the AWS chain."""
    blob_url: str | None = None
    """The store of files: file:///directory or s3://bucket/prefix."""
    blob_endpoint_url: str | None = None
    """The endpoint of an S3-compatible store that is not AWS."""
    signing_key: SecretStr | None = None
    """The key that signs the short-lived links to files that this installation serves itself."""
    media_link_ttl_s: Annotated[int, Meta(gt=0, le=3600)] = 300
    storage_max_file_bytes: Positive = 52_428_800
    """The size of the largest file that /storage/v1 accepts; a bucket may accept less."""
    storage_upload_link_ttl_s: Positive = 7200
    """The lifetime of a signed URL for an upload."""

    graph_url: str = "https://graph.facebook.com"
    """Meta's Graph API, or a simulator of it."""
    instagram_graph_url: str = "https://graph.instagram.com"
    """The Graph API of Instagram accounts that are connected through Instagram Login."""
    graph_version: Annotated[str, Meta(pattern=r"^v[0-9]+\.[0-9]+$")] = "v26.0"
    graph_timeout_s: Seconds = 20
    """The time limit for an answer of Meta; after it the outcome is unknown."""
    whatsapp_messages_per_s: Positive = 80
    """Meta's limit for a number, unless Meta has announced another one for it."""
    messenger_messages_per_s: Positive = 100
    """Meta's limit for a page or an Instagram account."""
    whatsapp_pair_interval_s: Seconds = 6
    """The time between two messages of a number to the same person, on average."""
    whatsapp_pair_burst: Positive = 44
    """How many messages to a person may go at once; Meta allows 45, and one is left for messages that overtake."""
    meta_app_id: str | None = None
    meta_app_secrets: SecretStr | None = None
    """Secrets separated by commas: any of them may sign a webhook, the first one exchanges codes."""
    meta_verify_token: SecretStr | None = None
    """The token with which Meta proves itself when a webhook URL is set up."""

    log_level: str = "info"

    @property
    def confirms_by_itself(self) -> bool:
        """Whether an address counts as confirmed without a proof: never if mails can be sent.

        A directory for mails does not count, because it is on a developer's machine.
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
