"""Secrets at rest: every secret is sealed under a data key of its organization, which a key outside the database wraps.

A stored value names its wrapping key, so that keys can be replaced: the first of NEXUS_SEALING_KEYS seals, all of them
open, and values of an older key can be sealed anew. With NEXUS_KMS_KEY_ID the key service wraps instead, under the
first key that is named there; keys that sealed before still open.
"""

import asyncio
import base64
import binascii
import hashlib
import os
import time
from collections import OrderedDict
from functools import cache
from typing import Any, NamedTuple, NewType, Protocol
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.errors import Unavailable

from .settings import settings

Sealed = NewType("Sealed", bytes)
"""An opaque value for a column of type bytea."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_OPENED_KEPT = 1000
_OPENED_TTL_S = 300.0


class SealingNotConfigured(Unavailable):
    """Neither NEXUS_SEALING_KEYS nor NEXUS_KMS_KEY_ID is set."""

    code = "sealing_not_configured"
    default_message = "this installation has no key to encrypt secrets: set NEXUS_SEALING_KEYS or NEXUS_KMS_KEY_ID"


class UnreadableSecretError(Exception):
    """The secret is of another organization, was altered, or its key is no longer configured."""


class DataKey(NamedTuple):
    plain: bytes
    wrapped: bytes


class Wrapper(Protocol):
    """A key that wraps data keys; it also checks the organization."""

    @property
    def name(self) -> str: ...

    async def make(self, organization_id: UUID) -> DataKey: ...

    async def unwrap(self, organization_id: UUID, wrapped: bytes) -> bytes: ...


class _Envelope(msgspec.Struct, array_like=True, frozen=True, tag="v1"):
    wrapped_by: str
    wrapped_key: bytes
    ciphertext: bytes


async def seal(organization_id: UUID, plaintext: bytes) -> Sealed:
    """Seal the secret, so that only `open_sealed` with the same organization returns it.

    Raises:
        SealingNotConfigured: there is no key to seal with.
        Unavailable: the key service does not answer.
    """
    return await seal_under(_sealing(), organization_id, plaintext)


async def seal_under(wrapper: Wrapper, organization_id: UUID, plaintext: bytes) -> Sealed:
    """Seal the secret under a key that is given, without settings."""
    key = await wrapper.make(organization_id)
    ciphertext = _encrypt(key.plain, plaintext, organization_id)
    return Sealed(msgspec.msgpack.encode(_Envelope(wrapper.name, key.wrapped, ciphertext)))


async def open_sealed(organization_id: UUID, sealed: bytes) -> bytes:
    """Return the plaintext.

    Raises:
        UnreadableSecretError: it is of another organization, was altered, or its key is gone.
        Unavailable: the key service does not answer.
    """
    try:
        envelope = msgspec.msgpack.decode(sealed, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise UnreadableSecretError("not a sealed value") from fault
    wrapper = _wrappers().get(envelope.wrapped_by)
    if wrapper is None:
        raise UnreadableSecretError(f"sealed under {envelope.wrapped_by}, which is not configured")
    key = await wrapper.unwrap(organization_id, envelope.wrapped_key)
    return _decrypt(key, envelope.ciphertext, organization_id)


async def resealed(organization_id: UUID, sealed: bytes) -> Sealed | None:
    """Return the same secret under the key that seals now; None if it is under that key already.

    Raises:
        SealingNotConfigured, UnreadableSecretError, Unavailable.
    """
    if sealing_mark() in sealed:
        return None
    return await seal(organization_id, await open_sealed(organization_id, sealed))


def sealing_mark() -> bytes:
    """Return the name of the key that seals now, which every value that it sealed contains.

    Raises:
        SealingNotConfigured: there is no key to seal with.
    """
    return msgspec.msgpack.encode(_sealing().name)


class LocalWrapper:
    """A key from the settings."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.name = f"local:{hashlib.sha256(key).hexdigest()[:16]}"

    async def make(self, organization_id: UUID) -> DataKey:
        plain = os.urandom(_KEY_BYTES)
        return DataKey(plain, _encrypt(self._key, plain, organization_id))

    async def unwrap(self, organization_id: UUID, wrapped: bytes) -> bytes:
        return _decrypt(self._key, wrapped, organization_id)


class KmsWrapper:
    """A key of AWS KMS with the organization as encryption context; unwrapped data keys are cached for five minutes."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id
        self.name = f"kms:{key_id}"
        self._opened: OrderedDict[tuple[UUID, bytes], tuple[float, bytes]] = OrderedDict()

    async def make(self, organization_id: UUID) -> DataKey:
        made = await self._ask("generate_data_key", organization_id, KeySpec="AES_256")
        return DataKey(made["Plaintext"], made["CiphertextBlob"])

    async def unwrap(self, organization_id: UUID, wrapped: bytes) -> bytes:
        until, key = self._opened.get((organization_id, wrapped), (0.0, b""))
        if until < time.monotonic():
            key = (await self._ask("decrypt", organization_id, CiphertextBlob=wrapped))["Plaintext"]
            self._opened[organization_id, wrapped] = (time.monotonic() + _OPENED_TTL_S, key)
            if len(self._opened) > _OPENED_KEPT:
                self._opened.popitem(last=False)
        return key

    async def _ask(self, operation: str, organization_id: UUID, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  only where KMS is configured

        context = {"organization_id": str(organization_id)}
        try:
            return await asyncio.to_thread(
                getattr(_kms(), operation), KeyId=self._key_id, EncryptionContext=context, **parameters
            )
        except ClientError as fault:
            if fault.response.get("Error", {}).get("Code") in {"InvalidCiphertextException", "IncorrectKeyException"}:
                raise UnreadableSecretError("KMS does not decrypt this data key") from fault
            raise Unavailable(retry_after=5) from fault
        except BotoCoreError as fault:
            raise Unavailable(retry_after=5) from fault


def local_wrapper(key: str) -> LocalWrapper:
    """Return the wrapper of one key in the form of NEXUS_SEALING_KEYS."""
    return LocalWrapper(_decoded(key))


def new_key() -> str:
    """Return a new key for NEXUS_SEALING_KEYS."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


def _sealing() -> Wrapper:
    found = next(iter(_wrappers().values()), None)
    if found is None:
        raise SealingNotConfigured
    return found


@cache
def _wrappers() -> dict[str, Wrapper]:
    """Return the wrappers by name; the first one seals."""
    chosen = settings()
    kms_keys = (chosen.kms_key_id or "").split(",")
    wrappers: list[Wrapper] = [KmsWrapper(key.strip()) for key in kms_keys if key.strip()]
    keys = chosen.sealing_keys.get_secret_value().split(",") if chosen.sealing_keys else []
    wrappers += [local_wrapper(key) for key in keys if key.strip()]
    return {wrapper.name: wrapper for wrapper in wrappers}


def _decoded(key: str) -> bytes:
    try:
        raw = base64.b64decode(key.strip(), validate=True)
    except binascii.Error as fault:
        raise ValueError("NEXUS_SEALING_KEYS holds a key that is not base64") from fault
    if len(raw) != _KEY_BYTES:
        raise ValueError(f"NEXUS_SEALING_KEYS holds a key of {len(raw)} bytes; each has {_KEY_BYTES}")
    return raw


@cache
def _kms() -> Any:
    import boto3  # noqa: PLC0415  160 ms, only with KMS

    return boto3.client("kms")


def _encrypt(key: bytes, plaintext: bytes, organization_id: UUID) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, organization_id.bytes)


def _decrypt(key: bytes, ciphertext: bytes, organization_id: UUID) -> bytes:
    try:
        return AESGCM(key).decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], organization_id.bytes)
    except (InvalidTag, ValueError) as fault:
        raise UnreadableSecretError("altered, or sealed for another organization") from fault
