"""The secrets of one data directory: made at its first start, readable only by their owner."""

import base64
import json
import os
import secrets as random
import string
import time
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

from infra.local.errors import LauncherError
from infra.local.process import LOOPBACK

Kind = TypeVar("Kind")
DATABASE = "nexus"
DEMO_EMAIL = "owner@demo.nexus.example"
TEN_YEARS_S = 10 * 365 * 24 * 3600


class Secrets(msgspec.Struct, frozen=True):
    """Never printed whole; `nexus up` shows the demo person and the publishable key only."""

    postgres_password: str
    authenticator_password: str
    store_password: str
    jwt_private_jwk: str
    jwt_jwks: str
    jwt_secret: str
    anon_key: str
    service_role_key: str
    publishable_key: str
    secret_key: str
    pepper: str
    demo_email: str
    demo_password: str
    sealing_key: str
    """Keys separated by commas, the newest first: the newest seals, all open."""
    signing_key: str
    meta_app_secret: str
    meta_verify_token: str

    def __repr__(self) -> str:
        return "Secrets(...)"

    @property
    def seals_now(self) -> str:
        return self.sealing_key.partition(",")[0]

    def admin_url(self, port: int) -> str:
        return database_url("postgres", self.postgres_password, port)

    def database_url(self, port: int) -> str:
        return database_url("authenticator", self.authenticator_password, port)

    def store_url(self, port: int) -> str:
        return f"valkey://:{quote(self.store_password)}@{LOOPBACK}:{port}/0"


def database_url(user: str, password: str, port: int, database: str = DATABASE) -> str:
    return f"postgresql://{user}:{quote(password)}@{LOOPBACK}:{port}/{database}"


def load(path: Path) -> Secrets:
    return _decoded(path, Secrets)


def _decoded(path: Path, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError as error:
        raise LauncherError(f"There are no data in {path.parent} yet.", mend="Run `make up` first.") from error
    except (msgspec.DecodeError, PermissionError) as error:
        raise LauncherError(
            f"The secrets of this data directory cannot be read: {error}.",
            mend=f"Restore {path} and make it readable for you, or start over with an empty data directory.",
        ) from error


def load_or_make(path: Path) -> Secrets:
    """Load the directory's secrets, or make them; add secrets that an earlier version did not have."""
    if not path.exists():
        return _keep(path, _make())
    kept = _decoded(path, dict[str, str])
    if set(Secrets.__struct_fields__) <= set(kept):
        return load(path)
    return _keep(path, msgspec.convert(msgspec.structs.asdict(_make()) | kept, Secrets))


def add_sealing_key(path: Path) -> Secrets:
    """Add a key that seals from the next start on; the old ones still open."""
    kept = load(path)
    return _keep(path, msgspec.structs.replace(kept, sealing_key=f"{_new_sealing_key()},{kept.sealing_key}"))


def forget_old_sealing_keys(path: Path) -> Secrets:
    kept = load(path)
    return _keep(path, msgspec.structs.replace(kept, sealing_key=kept.seals_now))


def _keep(path: Path, made: Secrets) -> Secrets:
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(made), indent=2))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return made


def environment(
    secrets: Secrets, *, database_url: str, store_url: str, blob_url: str, mail_url: str, base_url: str
) -> dict[str, str]:
    """Return every setting without a default, and those of this data directory."""
    return {
        "NEXUS_DATABASE_URL": database_url,
        "NEXUS_STORE_URL": store_url,
        "NEXUS_BASE_URL": base_url,
        "NEXUS_JWT_PRIVATE_JWK": secrets.jwt_private_jwk,
        "NEXUS_JWT_JWKS": secrets.jwt_jwks,
        "NEXUS_JWT_SECRET": secrets.jwt_secret,
        "NEXUS_PUBLISHABLE_KEY": secrets.publishable_key,
        "NEXUS_SECRET_KEY": secrets.secret_key,
        "NEXUS_PEPPER": secrets.pepper,
        "NEXUS_BLOB_URL": blob_url,
        "NEXUS_MAIL_URL": mail_url,
        "NEXUS_SEALING_KEYS": secrets.sealing_key,
        "NEXUS_SIGNING_KEY": secrets.signing_key,
        "NEXUS_META_APP_SECRETS": secrets.meta_app_secret,
        "NEXUS_META_VERIFY_TOKEN": secrets.meta_verify_token,
    }


def _make() -> Secrets:
    private, jwks = _signing_key()
    jwt_secret = random.token_urlsafe(48)
    return Secrets(
        postgres_password=_word(32),
        authenticator_password=_word(32),
        store_password=_word(32),
        jwt_private_jwk=private,
        jwt_jwks=jwks,
        jwt_secret=jwt_secret,
        anon_key=_legacy_token("anon", jwt_secret),
        service_role_key=_legacy_token("service_role", jwt_secret),
        publishable_key=f"sb_publishable_{_word(22)}_{_word(8)}",
        secret_key=f"sb_secret_{_word(22)}_{_word(8)}",
        pepper=_word(32),
        demo_email=DEMO_EMAIL,
        demo_password=_word(16),
        sealing_key=_new_sealing_key(),
        signing_key=_word(32),
        meta_app_secret=random.token_hex(16),
        meta_verify_token=_word(24),
    )


def _new_sealing_key() -> str:
    return base64.b64encode(random.token_bytes(32)).decode()


def _word(length: int) -> str:
    return "".join(random.choice(string.ascii_letters + string.digits) for _ in range(length))


def _signing_key() -> tuple[str, str]:
    """Return a new ES256 private JWK and the JWKS that publishes it; the kid is the key's RFC 7638 thumbprint."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  only a first start makes keys
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = {
        "crv": "P-256",
        "kty": "EC",
        "x": _base64(numbers.public_numbers.x.to_bytes(32, "big")),
        "y": _base64(numbers.public_numbers.y.to_bytes(32, "big")),
    }
    digest = hashes.Hash(hashes.SHA256())
    digest.update(json.dumps(public, separators=(",", ":"), sort_keys=True).encode())
    public |= {"kid": _base64(digest.finalize()), "alg": "ES256", "use": "sig"}
    private = public | {"d": _base64(numbers.private_value.to_bytes(32, "big"))}
    return json.dumps(private), json.dumps({"keys": [public]})


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _legacy_token(role: str, secret: str) -> str:
    """Return the long-lived HS256 key that supabase clients of an older project use."""
    import jwt  # noqa: PLC0415  only a first start makes keys

    now = int(time.time())
    return jwt.encode({"iss": "nexus", "role": role, "iat": now, "exp": now + TEN_YEARS_S}, secret, algorithm="HS256")
