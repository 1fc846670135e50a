"""Every setting of a running function, read once from NEXUS_* environment variables."""

import os
from functools import cache
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _list(given: Any) -> Any:
    return msgspec.json.decode(given) if isinstance(given, str) else given


Urls = Annotated[frozenset[str], BeforeValidator(_list)]
"""In the environment a JSON list."""


class Settings(BaseModel):
    """Secrets have no default; `infra.local` provides them all on a fresh machine."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=lambda name: f"NEXUS_{name.upper()}",
        validate_by_name=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr
    """A libpq URL whose login role may become anon, authenticated, service_role and supabase_auth_admin."""
    database_pool_size: int = Field(default=8, gt=0)
    database_prepares: bool = True
    """False behind a transaction pooler that does not carry prepared statements."""
    database_timeout_s: float = Field(default=10, gt=0)
    store_url: SecretStr
    """valkey://, redis:// or unix:// URL of the shared store that holds rate limits."""
    store_timeout_s: float = Field(default=0.05, gt=0)
    processes: int = Field(default=1, gt=0)
    """How many processes share a rate limit; each takes its part of it while the store is away."""

    base_url: str = "http://127.0.0.1:54321"
    docs_url: str = "https://docs.nexus.example"
    pricing_url: str = "https://nexus.example/pricing"
    allowed_origins: Urls = frozenset()
    """Browser origins that may call with credentials; empty answers CORS for every origin, without credentials."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies in front append to X-Forwarded-For; 0 believes the socket alone."""
    max_body_bytes: int = Field(default=1_048_576, gt=0)

    jwt_private_jwk: SecretStr | None = None
    """The ES256 key that signs, as a JWK with a kid; a host that only verifies has none."""
    jwt_jwks: str = '{"keys":[]}'
    """Public keys that verify, as a JWKS; the signing key belongs to them."""
    jwt_secret: SecretStr | None = None
    """Legacy HS256 project secret; while set, HS256 tokens are accepted."""
    jwt_algorithm: str = Field(default="ES256", pattern="^(ES256|HS256)$")
    """What new tokens are signed with."""
    publishable_key: SecretStr | None = None
    secret_key: SecretStr | None = None
    pepper: SecretStr
    """Keys the hashes of client addresses and e-mails that attempts are counted by."""
    agent_token_ttl_s: int = Field(default=3600, gt=0, le=3600)
    user_token_ttl_s: int = Field(default=3600, gt=0)
    bcrypt_cost: int = Field(default=10, ge=4, le=12)
    signup_enabled: bool = True
    email_autoconfirm: bool = True
    """False: who signs up opens the link in a mail first, or waits for an administrator where no mail goes out."""
    anonymous_enabled: bool = False
    """Whether people may sign in without saying who they are."""
    email_change_confirmed_twice: bool = True
    """A new address is confirmed from the old one too."""
    password_needs_nonce: bool = False
    """A new password asks for the code that `reauthenticate` mails, unless the session began within a day."""
    access_token_hook: str | None = Field(default=None, pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$")
    """A function of the database, schema.function, that changes the claims of people's access tokens."""
    site_url: str | None = None
    """Where links in mails lead to at the end; the base URL when it is not set."""
    redirect_urls: Urls = frozenset()
    """Other places that links may lead to: URLs, in which * stands for anything but . and /, and ** for anything."""

    mail_url: SecretStr | None = None
    """smtps://user:password@host:465, smtp://…:587 (STARTTLS), smtp+plain://host:25, or file:///directory; none: no
    mail goes out, and what needs one is refused."""
    mail_from: str = "Nexus <no-reply@nexus.example>"
    mail_timeout_s: float = Field(default=10, gt=0)
    mails_per_hour: int = Field(default=30, gt=0)
    """In all; beyond it nothing that sends a mail is done."""
    mail_interval_s: int = Field(default=60, ge=0)
    """Between two mails of one kind to one address."""
    mailed_code_ttl_s: int = Field(default=3600, gt=0, le=86_400)
    mailed_code_length: int = Field(default=6, ge=6, le=10)

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
    media_link_ttl_s: int = Field(default=300, gt=0, le=3600)
    storage_max_file_bytes: int = Field(default=52_428_800, gt=0)
    """The largest file that /storage/v1 takes; a bucket may take less."""
    storage_upload_link_ttl_s: int = Field(default=7200, gt=0)
    """How long a signed address for an upload may be used."""

    graph_url: str = "https://graph.facebook.com"
    """Meta's Graph API, or a simulator of it."""
    instagram_graph_url: str = "https://graph.instagram.com"
    """That of Instagram accounts connected through Instagram Login."""
    graph_version: str = Field(default="v26.0", pattern=r"^v[0-9]+\.[0-9]+$")
    graph_timeout_s: float = Field(default=20, gt=0)
    """How long an answer of Meta is waited for; after that the outcome is unknown."""
    whatsapp_messages_per_s: int = Field(default=80, gt=0)
    """What Meta takes from a number, unless it has said otherwise of that one."""
    messenger_messages_per_s: int = Field(default=100, gt=0)
    """Of a page or an Instagram account."""
    whatsapp_pair_interval_s: float = Field(default=6, gt=0)
    """Between two messages of a number to the same person, in the long run."""
    whatsapp_pair_burst: int = Field(default=44, gt=0)
    """How many may go to them at once before; Meta counts 45, of which one is left for what overtakes on its way."""
    meta_app_id: str | None = None
    meta_app_secrets: SecretStr | None = None
    """Separated by commas: any of them may sign a webhook, the first exchanges codes."""
    meta_verify_token: SecretStr | None = None
    """What Meta proves itself with when a webhook address is set up."""

    log_level: str = "info"


def from_environment() -> Settings:
    """As the environment is now.

    Raises:
        pydantic.ValidationError: names the variables that are missing or wrong, and shows no value.
    """
    return Settings.model_validate(dict(os.environ))


@cache
def settings() -> Settings:
    return from_environment()
