"""Secrets at rest: each is sealed under a data key made for its organization, which a key outside the database wraps.

What is stored names the wrapping key, so a key can be replaced: the first of NEXUS_SEALING_KEYS seals, every one opens,
and what an older one sealed can be sealed anew. With NEXUS_KMS_KEY_ID the service wraps instead, under the first of the
keys named there, and keys that sealed before still open.
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
"""One opaque value for one bytea column."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_OPENED_KEPT = 1000
_OPENED_TTL_S = 300.0


class SealingNotConfigured(Unavailable):
    """Neither NEXUS_SEALING_KEYS nor NEXUS_KMS_KEY_ID is set."""

    code = "sealing_not_configured"
    default_message = "this installation has no key to seal secrets with: set NEXUS_SEALING_KEYS or NEXUS_KMS_KEY_ID"


class UnreadableSecretError(Exception):
    """Sealed for another organization, altered, or under a key that this installation no longer has."""


class DataKey(NamedTuple):
    plain: bytes
    wrapped: bytes


class Wrapper(Protocol):
    """Holds the key that data keys are wrapped with; the organization is part of what it checks."""

    @property
    def name(self) -> str: ...

    async def make(self, organization_id: UUID) -> DataKey: ...

    async def unwrap(self, organization_id: UUID, wrapped: bytes) -> bytes: ...


class _Envelope(msgspec.Struct, array_like=True, frozen=True, tag="v1"):
    wrapped_by: str
    wrapped_key: bytes
    ciphertext: bytes


async def seal(organization_id: UUID, plaintext: bytes) -> Sealed:
    """Only `open_sealed` with the same organization gives it back.

    Raises:
        SealingNotConfigured: no key to seal with.
        Unavailable: the key service does not answer.
    """
    return await seal_under(_sealing(), organization_id, plaintext)


async def seal_under(wrapper: Wrapper, organization_id: UUID, plaintext: bytes) -> Sealed:
    """For who has the key at hand and no settings."""
    key = await wrapper.make(organization_id)
    ciphertext = _encrypt(key.plain, plaintext, organization_id)
    return Sealed(msgspec.msgpack.encode(_Envelope(wrapper.name, key.wrapped, ciphertext)))


async def open_sealed(organization_id: UUID, sealed: bytes) -> bytes:
    """The plaintext.

    Raises:
        UnreadableSecretError: not sealed for this organization, altered, or its key is gone.
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
    """The same secret under the key that seals now; None where it is under that key already.

    Raises:
        SealingNotConfigured, UnreadableSecretError, Unavailable.
    """
    if sealing_mark() in sealed:
        return None
    return await seal(organization_id, await open_sealed(organization_id, sealed))


def sealing_mark() -> bytes:
    """What stands in every value that was sealed under the key that seals now: its name.

    Raises:
        SealingNotConfigured: no key to seal with.
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
    """A key of AWS KMS, with the organization as its encryption context; an opened data key is kept five minutes."""

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
                raise UnreadableSecretError("KMS does not open this data key") from fault
            raise Unavailable(retry_after=5) from fault
        except BotoCoreError as fault:
            raise Unavailable(retry_after=5) from fault


def local_wrapper(key: str) -> LocalWrapper:
    """Of one key as NEXUS_SEALING_KEYS has it."""
    return LocalWrapper(_decoded(key))


def new_key() -> str:
    """A fresh value for NEXUS_SEALING_KEYS."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


def _sealing() -> Wrapper:
    found = next(iter(_wrappers().values()), None)
    if found is None:
        raise SealingNotConfigured
    return found


@cache
def _wrappers() -> dict[str, Wrapper]:
    """By name, the one that seals first."""
    chosen = settings()
    kms_keys = (chosen.kms_key_id or "").split(",")
    wrappers: list[Wrapper] = [KmsWrapper(key.strip()) for key in kms_keys if key.strip()]
    keys = chosen.sealing_keys.get_secret_value().split(",") if chosen.sealing_keys else []
    wrappers += [local_wrapper(key) for key in keys if key.strip()]
    return {each.name: each for each in wrappers}


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
    import boto3  # noqa: PLC0415  160 ms that only an installation with KMS pays

    return boto3.client("kms")


def _encrypt(key: bytes, plaintext: bytes, organization_id: UUID) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, organization_id.bytes)


def _decrypt(key: bytes, ciphertext: bytes, organization_id: UUID) -> bytes:
    try:
        return AESGCM(key).decrypt(ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:], organization_id.bytes)
    except (InvalidTag, ValueError) as fault:
        raise UnreadableSecretError("altered, or sealed for another organization") from fault
