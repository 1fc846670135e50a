"""Signed addresses: a token in the URL grants one download or upload until it expires."""

import hashlib
import hmac
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import msgspec

from shared.runtime.jwt_library import jwt
from shared.runtime.settings import settings

from . import queries
from .callers import caller_tx
from .errors import InvalidAddressToken, InvalidSignature
from .makers import check_duration, maker_of
from .models import Caller, Link, SignedAddress, Target
from .names import checked_bucket, checked_name
from .objects import find_object
from .uploads import rehearse

_DOWNLOAD, _UPLOAD = "download", "upload"
_LONGEST = 8192
_UNSEEN = "Either the object does not exist or you do not have access to it"
_ESCAPED = str.maketrans({"%": "%25", "?": "%3F", "#": "%23"})
"""Characters that would end the path; the client escapes all others, and would escape an escape again."""


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    url: str
    """The bucket and the name."""
    scope: str
    iat: float
    """To the microsecond, because it is compared with the time at which the maker's e-mail address was proved."""
    exp: int
    owner: UUID | None = None
    """The owner of the uploaded object."""
    upsert: bool = False
    maker: dict[str, Any] = msgspec.field(default_factory=dict)
    """The claims of the person who made the address, and whose rights it uses."""
    jti: UUID | None = None
    """The id of an upload address, which works once."""


async def sign(caller: Caller, *, bucket_id: str, name: str, expires_in: int) -> str:
    """Return a signed address to read the object, relative to /storage/v1.

    Raises:
        NoSuchKey, InvalidBucketName, InvalidObjectKey.
        StorageRefusal: `expires_in` is longer than the caller's role allows.
    """
    await find_object(caller, bucket_id=checked_bucket(bucket_id), name=checked_name(name))
    await check_duration(caller, seconds=expires_in)
    return _address(bucket_id, name, expires_in, maker_of(caller))


async def sign_many(caller: Caller, *, bucket_id: str, names: Sequence[str], expires_in: int) -> list[SignedAddress]:
    """Return a signed address for every name, in the same order.

    Raises:
        StorageRefusal: `expires_in` is longer than the caller's role allows.
    """
    await check_duration(caller, seconds=expires_in)
    async with caller_tx(caller, read_only=True) as tx:
        seen = {found.name for found in await queries.list_names(tx, bucket_id=checked_bucket(bucket_id), names=names)}
    return [
        SignedAddress(None, name, _address(bucket_id, name, expires_in, maker_of(caller)))
        if name in seen
        else SignedAddress(_UNSEEN, name, None)
        for name in names
    ]


async def sign_upload(caller: Caller, target: Target) -> tuple[str, str]:
    """Return an address for one upload of the object, by everybody who has it, and the token in it.

    Raises:
        AccessDenied, KeyAlreadyExists, InvalidBucketName, InvalidObjectKey, RelatedResourceNotFound.
    """
    checked_bucket(target.bucket_id)
    checked_name(target.name)
    await rehearse(caller, target)
    now = time.time()
    until = int(now) + settings().storage_upload_link_ttl_s
    claims = Claims(
        target.key, _UPLOAD, now, until, target.owner, upsert=target.is_upsert, maker=maker_of(caller), jti=uuid4()
    )
    token = _token(claims)
    return f"/object/upload/sign/{target.key.translate(_ESCAPED)}?token={token}", token


def verify_download(token: str, *, bucket_id: str, name: str) -> Claims:
    """Return the claims of a token for the download of this object.

    Raises:
        InvalidAddressToken, InvalidSignature.
    """
    return _verified(token, _DOWNLOAD, f"{bucket_id}/{name}")


def verify_upload(token: str, *, bucket_id: str, name: str) -> tuple[Target, Claims]:
    """Return the target and the claims of a token for an upload.

    Raises:
        InvalidAddressToken, InvalidSignature.
    """
    claims = _verified(token, _UPLOAD, f"{bucket_id}/{name}")
    if claims.jti is None:
        raise InvalidAddressToken
    link = Link(claims.jti, datetime.fromtimestamp(claims.exp, UTC))
    return Target(bucket_id, name, claims.owner, claims.upsert, link), claims


def _address(bucket_id: str, name: str, expires_in: int, maker: dict[str, Any]) -> str:
    now = time.time()
    url = f"{bucket_id}/{name}"
    token = _token(Claims(url, _DOWNLOAD, now, int(now) + expires_in, maker=maker))
    return f"/object/sign/{url.translate(_ESCAPED)}?token={token}"


def _token(claims: Claims) -> str:
    return jwt.encode(msgspec.to_builtins(claims), _key(), algorithm="HS256")


def _verified(token: str, scope: str, url: str) -> Claims:
    if len(token) > _LONGEST or not token.isascii():
        raise InvalidAddressToken
    try:
        found = jwt.decode(token, _key(), algorithms=["HS256"], options={"require": ["exp", "iat"]})
        claims = msgspec.convert(found, Claims)
    except (jwt.PyJWTError, msgspec.ValidationError) as fault:
        raise InvalidAddressToken from fault
    if claims.scope != scope or claims.url != url:
        raise InvalidSignature
    return claims


@cache
def _key() -> bytes:
    """Derive a key for this use only, so that no other token that is signed with the same secret is valid here."""
    return hmac.digest(settings().pepper.get_secret_value().encode(), b"storage addresses", hashlib.sha256)
