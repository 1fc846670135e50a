"""Types of files by their first bytes; the type that a channel or an uploader declares is not trusted."""

from typing import NamedTuple

from shared.kernel.content_types import UNKNOWN

from .models import MediaKind

HEAD_BYTES = 512
"""The number of first bytes that are examined."""


class _Signature(NamedTuple):
    mime_type: str
    offset: int
    prefixes: tuple[bytes, ...]


_SIGNATURES = (
    _Signature("image/jpeg", 0, (b"\xff\xd8\xff",)),
    _Signature("image/png", 0, (b"\x89PNG\r\n\x1a\n",)),
    _Signature("image/gif", 0, (b"GIF87a", b"GIF89a")),
    _Signature("image/webp", 8, (b"WEBP",)),
    _Signature("audio/wav", 8, (b"WAVE",)),
    _Signature("video/3gpp", 4, (b"ftyp3g",)),
    _Signature("video/quicktime", 4, (b"ftypqt",)),
    _Signature("audio/mp4", 4, (b"ftypM4A", b"ftypM4B")),
    _Signature("video/mp4", 4, (b"ftyp",)),
    _Signature("video/webm", 0, (b"\x1a\x45\xdf\xa3",)),
    _Signature("audio/ogg", 0, (b"OggS",)),
    _Signature("audio/amr", 0, (b"#!AMR",)),
    _Signature("audio/aac", 0, (b"\xff\xf1", b"\xff\xf9")),
    _Signature("audio/mpeg", 0, (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")),
    _Signature("application/pdf", 0, (b"%PDF-",)),
    _Signature("application/zip", 0, (b"PK\x03\x04",)),
    _Signature("application/x-ole-storage", 0, (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)),
)
_CONTENTS = {
    "application/zip": frozenset(
        {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/zip",
        }
    ),
    "application/x-ole-storage": frozenset(
        {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
    ),
}
"""The types that a container may have, if its sender declares them."""
_PLAIN = frozenset({"text/plain", "text/csv"})
_FAMILIES = {
    MediaKind.IMAGE: ("image/",),
    MediaKind.STICKER: ("image/",),
    MediaKind.VIDEO: ("video/",),
    MediaKind.AUDIO: ("audio/",),
    MediaKind.DOCUMENT: ("",),
}


def mime_type_of(head: bytes, kind: MediaKind, declared: str | None) -> str:
    """Return the type, or UNKNOWN if the bytes have no known signature or are not of that kind."""
    claim = (declared or "").partition(";")[0].strip().lower()
    found = next((known.mime_type for known in _SIGNATURES if head[known.offset :].startswith(known.prefixes)), None)
    if found is None:
        return claim if kind is MediaKind.DOCUMENT and claim in _PLAIN and b"\0" not in head else UNKNOWN
    if found in _CONTENTS:
        found = claim if claim in _CONTENTS[found] else UNKNOWN
    if kind is MediaKind.AUDIO and found in {"video/mp4", "video/3gpp", "video/webm"}:
        # Voice notes come in video containers.
        found = found.replace("video/", "audio/").replace("3gpp", "mp4")
    return found if found.startswith(_FAMILIES[kind]) else UNKNOWN
