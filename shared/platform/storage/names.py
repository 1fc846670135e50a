"""Rules of the names of buckets and objects, of MIME types and of sizes."""

import re
from collections.abc import Sequence
from decimal import Decimal

from shared.kernel.content_types import bare_type
from shared.runtime.settings import settings

from .errors import EntityTooLarge, InvalidBucketName, InvalidMimeType, InvalidObjectKey, StorageRefusal

PLACEHOLDER = ".emptyFolderPlaceholder"
"""The object by which clients keep an empty folder visible."""
_MOST_NAME_BYTES = 1024
_MOST_BUCKET_NAME = 100
_BUCKET = re.compile(r"[\w!.*'() &$@=;:+,?-]+", re.ASCII)
# Characters that XML allows, without the controls of C0 and C1 and the marks that change the direction of writing.
_NAME = re.compile(r"[\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_MIME_TYPE = re.compile(r"(?:[\w!#$&^.+-]+|\*)/(?:[\w!#$&^.+-]+|\*)", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(gb|mb|kb|b)", re.ASCII | re.IGNORECASE)
_UNITS = {"gb": 10**9, "mb": 10**6, "kb": 10**3, "b": 1}


def checked_bucket(name: str) -> str:
    """Check a bucket's name, and return it.

    Raises:
        InvalidBucketName.
    """
    if len(name) > _MOST_BUCKET_NAME or not _BUCKET.fullmatch(name):
        raise InvalidBucketName
    return name


def checked_name(name: str) -> str:
    """Check an object's name, which must be possible in a path and must not leave its bucket, and return it.

    Raises:
        InvalidObjectKey.
    """
    leaves = not {".", ".."}.isdisjoint(name.split("/"))
    if leaves or not _NAME.fullmatch(name) or len(name.encode()) > _MOST_NAME_BYTES:
        raise InvalidObjectKey(f"Invalid key: {printable(name)}")
    return name


def checked_mime_types(mime_types: Sequence[str] | None) -> list[str] | None:
    """Check the MIME types that a bucket accepts, and return them; `image/*` is every image.

    Raises:
        InvalidMimeType.
    """
    for mime_type in mime_types or ():
        if not _MIME_TYPE.fullmatch(mime_type):
            raise InvalidMimeType(f"mime type {printable(mime_type)} is not supported")
    return None if mime_types is None else list(mime_types)


def check_mime_type(mime_type: str, allowed: Sequence[str] | None) -> None:
    """Check that a bucket with these allowed types accepts this type, whose parameters do not matter.

    Raises:
        InvalidMimeType.
    """
    if not allowed:
        return
    plain = bare_type(mime_type)
    family = (plain or "").partition("/")[0]
    if plain is None or {plain, f"{family}/*", "*/*"}.isdisjoint(pattern.lower() for pattern in allowed):
        raise InvalidMimeType(f"mime type {printable(mime_type)} is not supported")


def size_limit(value: int | str | None) -> int | None:
    """Return the bytes of a number or a text such as 20MB; None if the bucket has no limit of its own.

    Raises:
        StorageRefusal: the text is not a size.
        EntityTooLarge: more than this installation accepts.
    """
    if value is None:
        return None
    if isinstance(value, str):
        size = _SIZE.fullmatch(value)
        if size is None:
            raise StorageRefusal("Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
        value = int(Decimal(size[1]) * _UNITS[size[2].lower()])
    if value > settings().storage_max_file_bytes:
        raise EntityTooLarge
    return value


def printable(text: str) -> str:
    """Return the beginning of a caller's text for an error message, without unprintable characters."""
    return "".join(character if character.isprintable() else "�" for character in text[:200])
