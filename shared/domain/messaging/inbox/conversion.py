"""The conversion of a provider's events to rows: messages, and facts about messages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.kernel.phones import normalize
from shared.kernel.visible import is_visible
from shared.providers.meta.events import (
    DeleteEvent,
    EchoMessage,
    EditEvent,
    HistoryMessage,
    InboundMessage,
    Person,
    PostbackEvent,
    ReactionEvent,
    StatusUpdate,
)
from shared.providers.meta.inbound import (
    Choice,
    InboundContent,
    InboundLocation,
    InboundText,
    Media,
    MediaFiles,
    Unsupported,
)

from .models import ChannelMessage, MessageFact

_NO_CODE_NEEDED = "ZZ"
_MOST_TEXT = 65_536
_MOST_DETAILS_BYTES, _MOST_EDIT_BYTES = 262_144, 32_768
_MOST_MIME_TYPE = 127
_NAMES = frozenset({"name", "username"})
_STATUSES = frozenset({"sent", "delivered", "read", "failed"})


def ids_of(person: Person, group_id: str | None = None) -> dict[str, Any]:
    """Return the ids and names of a person, or the id of the group; names without a visible character are dropped."""
    if group_id is not None:
        return {"group_id": group_id}
    ids = {name: value for name, value in msgspec.structs.asdict(person).items() if value is not None}
    return {name: value for name, value in ids.items() if name not in _NAMES or is_visible(value)}


def known_as(people: Sequence[Person | None]) -> list[str] | None:
    """Return the ids of all people, in the form in which the database searches them; None if there are none."""
    all_ids = [ids_of(person) for person in people if person is not None]
    found = {f"{kind} {value}" for ids in all_ids for kind, value in ids.items() if kind not in _NAMES}
    return sorted(found) or None


def phone_of(person: Person | None) -> str | None:
    """Return the phone number in E.164, if the WhatsApp id is a valid number; the id itself is never changed."""
    if person is None or person.wa_id is None or not person.wa_id.isascii() or not person.wa_id.isdigit():
        return None
    return normalize(f"+{person.wa_id}", _NO_CODE_NEEDED)


def message_of(event: InboundMessage | EchoMessage | HistoryMessage) -> ChannelMessage:
    extra: dict[str, Any]
    match event:
        case InboundMessage():
            extra = {"direction": "inbound", "origin": "channel", "referral": event.referral}
        case EchoMessage():
            extra = {
                "direction": "outbound",
                "origin": "channel",
                "status": "sent",
                "message_id": uuid_of(event.metadata),
            }
        case HistoryMessage():
            inbound = event.author == "customer"
            status = event.status.lower() if event.status and event.status.lower() in _STATUSES else None
            extra = {
                "direction": "inbound" if inbound else "outbound",
                "origin": "history",
                "status": "read" if inbound else status or "sent",
            }
    return ChannelMessage(
        platform_message_id=event.message_id,
        message_type=_type_of(event.content),
        content=text_of(event.content),
        details=_details(event),
        media_type=_mime_type(event.content),
        timestamp=event.occurred_at,
        reply_to=getattr(event, "reply_to", None),
        **extra,
    )


def tap_of(event: PostbackEvent) -> ChannelMessage:
    """Return the tap on a button as a message, because the customer expects an answer."""
    choice = Choice(source="postback", payload=event.payload, title=event.title)
    return ChannelMessage(
        platform_message_id=event.message_id or event.dedup_key,
        direction="inbound",
        message_type="text",
        content=choice.text,
        details={"content": choice},
        media_type=None,
        timestamp=event.occurred_at,
        origin="channel",
        referral=event.referral,
    )


def fact_of(event: StatusUpdate | ReactionEvent | EditEvent | DeleteEvent) -> MessageFact:
    common: dict[str, Any] = {
        "dedup_key": event.dedup_key,
        "platform_message_id": event.message_id,
        "occurred_at": event.occurred_at,
    }
    match event:
        case StatusUpdate():
            details: dict[str, Any] = {
                "error": event.errors[0] if event.errors else None,
                "pricing": event.pricing,
                "participant": event.participant,
            }
            return MessageFact(
                **common,
                message_id=uuid_of(event.opaque),
                kind="status",
                value=event.status,
                author="participant" if event.participant else "customer",
                details={name: value for name, value in details.items() if value is not None},
            )
        case ReactionEvent():
            known_by = next(iter(ids_of(event.person).values()), None) if event.author == "customer" else None
            return MessageFact(
                **common, kind="reaction", value=event.emoji, author=event.author, details={"person": known_by}
            )
        case EditEvent():
            content = fitting({"content": event.content}, _MOST_EDIT_BYTES)
            details = {**content, "number": event.edit_number}
            return MessageFact(
                **common, kind="edit", value=_cut(text_of(event.content)), author=event.author, details=details
            )
        case DeleteEvent():
            return MessageFact(**common, kind="delete", value=None, author=event.author)


def files_of(content: InboundContent) -> tuple[Media, ...]:
    return content.files if isinstance(content, MediaFiles) else ()


def text_of(content: InboundContent) -> str | None:
    """Return the text that the inbox shows; unsupported content gives a line that says so."""
    if isinstance(content, Unsupported):
        return f"[unsupported: {content.kind}]"
    return content.text


def fitting(details: dict[str, Any], most_bytes: int) -> dict[str, Any]:
    """Return the details, or only their size if they are larger than the limit."""
    size = len(msgspec.json.encode(details))
    return details if size <= most_bytes else {"left_out_bytes": size}


def _cut(text: str | None) -> str | None:
    return text[:_MOST_TEXT] if text else text


def uuid_of(text: str | None) -> UUID | None:
    """Return our own id, if the text is one."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _type_of(content: InboundContent) -> str:
    if isinstance(content, MediaFiles):
        return content.files[0].kind.value if content.files else "text"
    return "location" if isinstance(content, InboundLocation) else "text"


def _mime_type(content: InboundContent) -> str | None:
    files = files_of(content)
    mime_type = files[0].mime_type if files else None
    return mime_type if mime_type and len(mime_type) <= _MOST_MIME_TYPE else None


def _details(event: InboundMessage | EchoMessage | HistoryMessage) -> dict[str, Any] | None:
    """Return the parts of the content that the text does not have, without the provider's URLs of files."""
    details: dict[str, Any] = {}
    if isinstance(event.content, MediaFiles):
        details["files"] = [
            {"kind": file.kind, "file_name": file.filename, "voice": file.voice} for file in event.content.files
        ]
    elif not isinstance(event.content, InboundText):
        details["content"] = event.content
    if isinstance(event, InboundMessage):
        details |= {
            "story": event.story,
            "forwarded": event.forwarded or None,
            "frequently_forwarded": event.frequently_forwarded or None,
            "standby": event.standby or None,
            "group_sender": event.sender if event.group_id else None,
        }
    present = {name: value for name, value in details.items() if value is not None}
    return fitting(present, _MOST_DETAILS_BYTES) if present else None
