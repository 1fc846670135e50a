"""What buckets, objects, types and limits may be called."""

import re
from collections.abc import Sequence
from decimal import Decimal

from shared.kernel.content_types import bare_type
from shared.runtime.settings import settings

from .errors import EntityTooLarge, InvalidBucketName, InvalidKey, InvalidMimeType, StorageRefusal

PLACEHOLDER = ".emptyFolderPlaceholder"
"""What clients put into a folder that is to be seen while it is empty."""
_MOST_NAME_BYTES = 1024
_MOST_BUCKET_NAME = 100
_BUCKET = re.compile(r"[\w!.*'() &$@=;:+,?-]+", re.ASCII)
# What XML can carry, without the controls of C0 and C1 and the marks that turn the direction of writing.
_NAME = re.compile(r"[\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_MIME_TYPE = re.compile(r"(?:[\w!#$&^.+-]+|\*)/(?:[\w!#$&^.+-]+|\*)", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(gb|mb|kb|b)", re.ASCII | re.IGNORECASE)
_UNITS = {"gb": 10**9, "mb": 10**6, "kb": 10**3, "b": 1}


def checked_bucket(name: str) -> str:
    """The name.

    Raises:
        InvalidBucketName.
    """
    if len(name) > _MOST_BUCKET_NAME or not _BUCKET.fullmatch(name):
        raise InvalidBucketName
    return name


def checked_name(name: str) -> str:
    """The name of an object: any text that a path can have and that does not leave its bucket.

    Raises:
        InvalidKey.
    """
    leaves = not {".", ".."}.isdisjoint(name.split("/"))
    if leaves or not _NAME.fullmatch(name) or len(name.encode()) > _MOST_NAME_BYTES:
        raise InvalidKey(f"Invalid key: {printable(name)}")
    return name


def checked_mime_types(mime_types: Sequence[str] | None) -> list[str] | None:
    """Those that a bucket takes; `image/*` is every image.

    Raises:
        InvalidMimeType.
    """
    for each in mime_types or ():
        if not _MIME_TYPE.fullmatch(each):
            raise InvalidMimeType(f"mime type {printable(each)} is not supported")
    return None if mime_types is None else list(mime_types)


def check_mime_type(mime_type: str, allowed: Sequence[str] | None) -> None:
    """Whether a bucket that takes these takes this one; its parameters do not matter.

    Raises:
        InvalidMimeType.
    """
    if not allowed:
        return
    plain = bare_type(mime_type)
    family = (plain or "").partition("/")[0]
    if plain is None or {plain, f"{family}/*", "*/*"}.isdisjoint(each.lower() for each in allowed):
        raise InvalidMimeType(f"mime type {printable(mime_type)} is not supported")


def size_limit(given: int | str | None) -> int | None:
    """Bytes, from a number or a text such as 20MB; None for no limit of the bucket's own.

    Raises:
        StorageRefusal: for another text.
        EntityTooLarge: beyond what this installation takes.
    """
    if given is None:
        return None
    if isinstance(given, str):
        size = _SIZE.fullmatch(given)
        if size is None:
            raise StorageRefusal("Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B")
        given = int(Decimal(size[1]) * _UNITS[size[2].lower()])
    if given > settings().storage_max_file_bytes:
        raise EntityTooLarge
    return given


def printable(text: str) -> str:
    """What a caller sent, fit to be told back."""
    return "".join(each if each.isprintable() else "�" for each in text[:200])
