"""A mail to one person, as text and as simple HTML."""

from uuid import UUID

import msgspec


class Message(msgspec.Struct, frozen=True):
    id: UUID
    """The same for every attempt to send, so that a reader's mail program can recognise a second copy."""
    recipient: str
    subject: str
    text: str
    html: str
    language: str
