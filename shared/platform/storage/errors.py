"""Refusals of Supabase Storage, with its codes, its texts, and the status in the body."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from shared.kernel.errors import BadRequest, PlanLimitExceeded, Refusal
from shared.runtime.postgres.errors import AlreadyExists, InvalidReference, PermissionDenied


class StorageRefusal(Refusal):
    """`status` is that in the body; the HTTP status of nearly every refusal is 400."""

    status = 400
    code = "InvalidRequest"
    error: ClassVar[str] = "InvalidRequest"
    default_message = "the request is not valid"


class NoSuchBucket(StorageRefusal):
    """Absent or not the caller's, without a difference."""

    status = 404
    code = "NoSuchBucket"
    error = "Bucket not found"
    default_message = "Bucket not found"


class NoSuchKey(StorageRefusal):
    """Absent or not the caller's, without a difference."""

    status = 404
    code = "NoSuchKey"
    error = "not_found"
    default_message = "Object not found"


class NoSuchRoute(StorageRefusal):
    status = 404
    code = "NoSuchRoute"
    error = "Not Found"
    default_message = "no route of /storage/v1 answers that path and method"


class AccessDenied(StorageRefusal):
    status = 403
    code = "AccessDenied"
    error = "Unauthorized"
    default_message = "new row violates row-level security policy"


class LinkEnded(AccessDenied):
    """The maker of a signed address has lost the right; the user of the address does not learn why."""

    default_message = "this link has ended: ask who sent it for a new one"


class MissingAuthorization(StorageRefusal):
    error = "Error"
    default_message = "headers must have required property 'authorization'"


class KeyAlreadyExists(StorageRefusal):
    status = 409
    code = "KeyAlreadyExists"
    error = "Duplicate"
    default_message = "The resource already exists"


class BucketAlreadyExists(StorageRefusal):
    status = 409
    code = "BucketAlreadyExists"
    error = "Duplicate"
    default_message = "The resource already exists"


class ResourceNotEmpty(StorageRefusal):
    status = 409
    code = "ResourceNotEmpty"
    error = "ResourceNotEmpty"
    default_message = "The bucket you tried to delete is not empty"


class TooManyToEmpty(StorageRefusal):
    default_message = "Unable to empty the bucket because it contains too many objects: send the request again"


class RelatedResourceNotFound(StorageRefusal):
    default_message = "The related resource does not exist"


class InvalidBucketName(StorageRefusal):
    code = "InvalidBucketName"
    error = "Invalid Input"
    default_message = "Bucket name invalid"


class InvalidObjectKey(StorageRefusal):
    code = "InvalidKey"
    error = "InvalidKey"
    default_message = "Invalid key"


class InvalidMimeType(StorageRefusal):
    status = 415
    code = "InvalidMimeType"
    error = "invalid_mime_type"
    default_message = "mime type is not supported"


class EntityTooLarge(StorageRefusal):
    status = 413
    code = "EntityTooLarge"
    error = "Payload too large"
    default_message = "The object exceeded the maximum allowed size"


class NoContentProvided(StorageRefusal):
    default_message = "No content provided"


class InvalidRange(StorageRefusal):
    """`size` is the size of the object."""

    status = 416
    code = "InvalidRange"
    error = "invalid_range"
    default_message = "invalid range provided"


class InvalidAddressToken(StorageRefusal):
    """The token of a signed address is forged, expired or malformed."""

    code = "InvalidJWT"
    error = "InvalidJWT"
    default_message = "the token of this URL is not valid or has expired: request a new one"


class InvalidSignature(StorageRefusal):
    """The token of a signed address was made for another address or another use."""

    code = "InvalidSignature"
    error = "InvalidSignature"
    default_message = "Invalid signature"


class AddressUsed(StorageRefusal):
    """The upload address was used before; it works once."""

    code = "InvalidJWT"
    error = "InvalidJWT"
    default_message = "this URL was used already: request a new one"


class LinkSpent(BadRequest):
    """Raised by the database: the address was used; clients get `AddressUsed`."""

    code = "address_used"


@contextmanager
def hide_from_strangers() -> Iterator[None]:
    """Hide refusals of a signed address's maker from the user of the address.

    Raises:
        LinkEnded: in place of the maker's refusal.
    """
    try:
        yield
    except Refusal as refusal:
        is_full = isinstance(refusal, PlanLimitExceeded) and refusal.details.get("resource") != "scopes"
        if refusal.status in (401, 403) and not is_full:
            raise LinkEnded from refusal
        raise


@contextmanager
def in_storage_terms(already: type[StorageRefusal]) -> Iterator[None]:
    """Translate refusals of the database into those of this surface; `already` is for a row that exists."""
    try:
        yield
    except AlreadyExists as refusal:
        raise already from refusal
    except PermissionDenied as refusal:
        raise AccessDenied from refusal
    except InvalidReference as refusal:
        raise RelatedResourceNotFound from refusal
    except LinkSpent as refusal:
        raise AddressUsed from refusal
