"""Each channel's limits of files: their types and sizes, checked before a file is uploaded or sent."""

import msgspec

from .contents import InvalidMessageContent
from .events import Channel
from .inbound import FileKind

_KB = 1024
_MB = 1024 * _KB


class FileLimit(msgspec.Struct, frozen=True):
    """Limits of a kind of file; an empty set of types allows all."""

    types: frozenset[str]
    most_bytes: int


_WHATSAPP = {
    FileKind.IMAGE: FileLimit(frozenset({"image/jpeg", "image/png"}), 5 * _MB),
    FileKind.VIDEO: FileLimit(frozenset({"video/mp4", "video/3gpp"}), 16 * _MB),
    FileKind.AUDIO: FileLimit(frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * _MB),
    FileKind.DOCUMENT: FileLimit(frozenset(), 100 * _MB),
    FileKind.STICKER: FileLimit(frozenset({"image/webp"}), 500 * _KB),
}
_MESSENGER = dict.fromkeys(
    (FileKind.IMAGE, FileKind.VIDEO, FileKind.AUDIO, FileKind.DOCUMENT), FileLimit(frozenset(), 25 * _MB)
)
_INSTAGRAM = {
    FileKind.IMAGE: FileLimit(frozenset({"image/jpeg", "image/png", "image/gif"}), 8 * _MB),
    FileKind.VIDEO: FileLimit(frozenset({"video/mp4", "video/ogg", "video/quicktime", "video/webm"}), 25 * _MB),
    FileKind.AUDIO: FileLimit(frozenset({"audio/aac", "audio/mp4", "audio/wav", "audio/x-m4a"}), 25 * _MB),
}
LIMITS: dict[Channel, dict[FileKind, FileLimit]] = {
    "whatsapp": _WHATSAPP, "facebook": _MESSENGER, "instagram": _INSTAGRAM,
}  # fmt: skip


def check_file(channel: Channel, kind: FileKind, mime_type: str, size: int) -> None:
    """Check that the channel accepts the file as this kind.

    Raises:
        InvalidMessageContent: with what the channel accepts.
    """
    limit = LIMITS[channel].get(kind)
    if limit is None:
        raise InvalidMessageContent.at("/type", f"{channel} does not carry a {kind}")
    bare = mime_type.partition(";")[0].strip().lower()
    if limit.types and bare not in limit.types:
        raise InvalidMessageContent.at("/mime_type", f"a {kind} on {channel} is {', '.join(sorted(limit.types))}")
    if size > limit.most_bytes:
        raise InvalidMessageContent.at("/size", f"a {kind} on {channel} has {limit.most_bytes} bytes at most")
