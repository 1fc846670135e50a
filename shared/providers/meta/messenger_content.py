"""The content of a message on Messenger or Instagram: a text, files, or something shared."""

from .inbound import (
    Choice,
    FileKind,
    InboundContent,
    InboundLocation,
    InboundText,
    Media,
    MediaFiles,
    Share,
    Unsupported,
)
from .wire import Wire

_FILES = {
    "image": FileKind.IMAGE,
    "animated_image": FileKind.IMAGE,
    "video": FileKind.VIDEO,
    "audio": FileKind.AUDIO,
    "file": FileKind.DOCUMENT,
}
_NO_CONTENT = frozenset({"unsupported_type", "unsupported"})
_HEART = "\u2764\ufe0f"


def content(message: Wire) -> InboundContent:
    """Return the content of a message, or of an edit, which has only a text."""
    text = message.text("text")
    payload = message.text("quick_reply", "payload")
    if payload is not None:
        return Choice(source="quick_reply", payload=payload, title=text)
    attachments = list(message.elements("attachments"))
    if attachments and not message.flag("is_unsupported"):
        return _attachment_content(attachments, text)
    return InboundText(text) if text else Unsupported(kind="unsupported" if message.flag("is_unsupported") else "none")


def _attachment_content(attachments: list[Wire], text: str | None) -> InboundContent:
    """Return the files with the text as their caption, or else the content of the first attachment."""
    files = tuple(file for attachment in attachments if (file := _file(attachment)))
    if files:
        return MediaFiles(files, text)
    first = attachments[0]
    kind, payload = first.text("type") or "none", first.at("payload")
    if kind == "like_heart":
        return InboundText(_HEART)
    if kind == "location" and (location := _location(first)):
        return location
    if kind in _NO_CONTENT:
        return InboundText(text) if text else Unsupported(kind=kind)
    title = text or first.text("title") or payload.text("title")
    url = payload.text("url") or first.text("url") or first.text("URL")
    return Share(kind=kind, url=url, title=title) if url or title else Unsupported(kind=kind)


def _file(attachment: Wire) -> Media | None:
    kind = _FILES.get(attachment.text("type") or "")
    url = attachment.text("payload", "url")
    if kind is None or url is None:
        return None
    sticker = attachment.text("payload", "sticker_id") is not None
    return Media(kind=FileKind.STICKER if sticker else kind, url=url, filename=attachment.text("name"))


def _location(attachment: Wire) -> InboundLocation | None:
    at = attachment.at("payload", "coordinates")
    latitude, longitude = at.real("lat"), at.real("long")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004
        return None
    return InboundLocation(latitude=latitude, longitude=longitude, name=attachment.text("title"))
