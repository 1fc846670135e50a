"""What a file is by its own first bytes; a channel's or an uploader's word for it is not believed."""

from typing import NamedTuple

from shared.kernel.content_types import UNKNOWN

from .models import MediaKind

HEAD_BYTES = 512
"""As much as is looked at."""


class _Signature(NamedTuple):
    mime_type: str
    at: int
    begins: tuple[bytes, ...]


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
_WITHIN = {
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
"""What a container may hold, where its sender says so."""
_PLAIN = frozenset({"text/plain", "text/csv"})
_FAMILIES = {
    MediaKind.IMAGE: ("image/",),
    MediaKind.STICKER: ("image/",),
    MediaKind.VIDEO: ("video/",),
    MediaKind.AUDIO: ("audio/",),
    MediaKind.DOCUMENT: ("",),
}


def mime_type_of(head: bytes, kind: MediaKind, declared: str | None) -> str:
    """The type, or UNKNOWN where the bytes say nothing or are not of that kind."""
    said = (declared or "").partition(";")[0].strip().lower()
    found = next((each.mime_type for each in _SIGNATURES if head[each.at :].startswith(each.begins)), None)
    if found is None:
        return said if kind is MediaKind.DOCUMENT and said in _PLAIN and b"\0" not in head else UNKNOWN
    if found in _WITHIN:
        found = said if said in _WITHIN[found] else UNKNOWN
    if kind is MediaKind.AUDIO and found in {"video/mp4", "video/3gpp", "video/webm"}:
        # Voice notes come in the containers of films.
        found = found.replace("video/", "audio/").replace("3gpp", "mp4")
    return found if found.startswith(_FAMILIES[kind]) else UNKNOWN
